// A server in memory that takes LDIF changes and refuses what a real one refuses.
#pragma once

#include <map>
#include <string>

#include "common/compare/repair.hpp"
#include "common/model/dn.hpp"
#include "common/model/ldif.hpp"
#include "tests/unit/compare/tree.hpp"

namespace replkit::compare {

class TreeServer {
 public:
  struct Held {
    std::string id;
    std::map<std::string, std::map<std::string, std::string>> attributes;  // canonical type -> normal form -> value
  };
  using Entries = std::map<std::string, Held>;  // by normalized DN

  // `exact`: values are equal when their bytes are.
  TreeServer(const Tree& tree, bool exact);

  // Applies the change. Throws std::runtime_error when a server would not.
  void apply(const model::ChangeRecord& record);

  const Entries& entries() const { return entries_; }
  // One line for each entry: all that counts.
  std::vector<std::string> lines(bool with_ids) const;
  // The entries as LDIF.
  std::string ldif() const;

 private:
  Held& at(const std::string& dn);
  bool has_children(const std::string& normalized) const;
  void add(const std::string& dn, const model::AddChange& change, bool relax);
  void remove(const std::string& dn);
  void modify(const std::string& dn, const model::ModifyChange& change, bool relax);
  void rename(const std::string& dn, const model::RenameChange& change);
  void check_rdn(const std::string& dn, const Held& held) const;
  std::string form(const std::string& description, const std::string& value) const;

  bool exact_;
  Entries entries_;
  std::map<std::string, std::string> names_;  // normalized DN -> as written
  unsigned fresh_ = 0;
};

}  // namespace replkit::compare
