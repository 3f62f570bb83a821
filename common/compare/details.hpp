// From entries under watch to the differences that are reported: read once more, in full, and described.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/compare/moved_subtrees.hpp"
#include "common/compare/result.hpp"
#include "common/compare/watch.hpp"

namespace replkit::compare {

// Describes decided entries batch by batch.
class Describer {
 public:
  Describer(std::vector<WatchedSource>& sources, const Area& area, const FingerprintRules& rules, std::size_t reference,
            const CancelToken& cancel);

  // Hands the differences of these entries to `report`, part by part and parents before children, until it returns
  // false; then returns false as well. Entries that agree when read this last time are counted in settled() instead;
  // those that only moved along with a subtree are counted at its top. Memory: the entries of one part.
  bool describe(std::vector<Watch> watches, const std::function<bool(std::vector<Difference>)>& report);

  std::uint64_t settled() const { return settled_; }
  // How many entries could not be described, because fewer than two sources could be asked, or one hides them.
  std::uint64_t undecidable() const { return undecidable_; }

 private:
  Difference describe_one(const Watch& watch, std::vector<std::optional<model::Entry>>& entries) const;
  void tell_record(const Version& version, std::size_t source, Shown& shown) const;
  void read_part(std::vector<Watch>& watches, std::size_t from, std::size_t to, std::vector<Difference>& out);
  std::vector<Difference> merge_same_names(std::vector<Difference> differences) const;
  void sort_by_depth(std::vector<Watch>& watches) const;
  void drop_hidden(std::vector<Difference>& differences);
  bool is_settled(const Difference& difference) const;
  void compare_attributes(Difference& difference) const;
  std::string normalized(std::string_view dn) const;

  std::vector<WatchedSource>& sources_;
  const Area& area_;
  const FingerprintRules& rules_;
  std::size_t reference_;
  const CancelToken& cancel_;
  std::uint64_t settled_ = 0;
  std::uint64_t undecidable_ = 0;
  MovedSubtrees moved_;
  std::map<std::pair<std::size_t, std::string>, bool> hides_children_;
};

// Returns the sources that differ from the majority; empty with fewer than three sources or without a majority.
std::vector<std::size_t> odd_ones(const std::vector<Shown>& entries);

}  // namespace replkit::compare
