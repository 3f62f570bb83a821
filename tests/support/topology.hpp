// Several slapds that replicate to each other (multi-provider syncrepl).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/slapd.hpp"

namespace replkit::support {

struct ProvidersOptions {
  SlapdOptions slapd = {};  // of each; server ids are given out from 1
  std::function<void(std::size_t server, SlapdOptions&)> adjust = {};
  std::size_t persons = 200;                            // of seed_data.hpp; not used with files
  std::optional<std::uint64_t> shuffle = std::nullopt;  // the order of the seed on every server but the first
  std::vector<std::filesystem::path> files =
      {};  // LDIF instead: one for all (copied from the first server), or one each
  std::string syncrepl = "type=refreshAndPersist retry=\"1 +\"";  // the mode of every consumer
};

enum class Marker {
  write,  // a change on each provider has arrived at all the others: entries cn=marker I,SUFFIX are made for that
  none,   // the vectors only, so the data stay as they are
};

// Starts them, seeded alike, each a consumer of all the others.
class Providers {
 public:
  explicit Providers(std::size_t count, ProvidersOptions options = {});

  std::size_t size() const { return servers_.size(); }
  Slapd& operator[](std::size_t i) { return *servers_[i]; }
  const std::string& suffix() const { return options_.slapd.suffix; }

  // Waits until all that run have equal contextCSN values and every consumer is in phase Persist, and the marker has
  // arrived. Throws std::runtime_error with the state of each at the timeout. Cut ones never get equal: join them
  // first.
  void wait_equal(std::chrono::milliseconds timeout = std::chrono::seconds(60), Marker marker = Marker::write);

  // Ends or resumes replication between i and j, both ways. Data and servers go on. It takes up to 5 s.
  void cut(std::size_t i, std::size_t j);
  void join(std::size_t i, std::size_t j);
  // The same between i and all others.
  void isolate(std::size_t i);
  void join_all();

  // Returns the contextCSN values of server i, sorted.
  std::set<std::string> context_csns(std::size_t i);
  // Returns the sync phases of server i's consumers, as cn=Monitor names them.
  std::vector<std::string> phases(std::size_t i);

 private:
  void seed();
  void write_consumers(std::size_t i);
  bool equal_vectors();
  std::string write_markers();
  bool marker_arrived(const std::string& text);
  std::string describe();

  ProvidersOptions options_;
  std::vector<std::unique_ptr<Slapd>> servers_;
  std::vector<std::set<std::size_t>> sources_;  // from whom each server pulls
  unsigned markers_ = 0;
};

}  // namespace replkit::support
