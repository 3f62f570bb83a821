// The entries of a directory under test, written by hand: with ids and CSNs, so that two servers can be given the same
// ones, or nearly.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replkit::support {

inline constexpr std::string_view suffix = "dc=example,dc=com";

struct Node {
  std::string dn;
  std::vector<std::string> lines;  // "name: value" or "name:: base64", objectClass included
  std::string uuid;
  std::string csn;
};

// Starts with the suffix entry, and with an entry whose CSNs are the newest of both replicas: so the vectors of all
// servers that are loaded with it are equal and cover everything.
class Tree {
 public:
  Tree();

  // Adds ou=NAME below the suffix (or below `parent`), or a person there, each with the next id and CSN.
  Node& add_unit(const std::string& name, const std::string& parent = std::string(suffix));
  Node& add_person(const std::string& rdn, const std::string& parent, std::vector<std::string> lines = {});

  Node& at(std::string_view dn);
  void remove(std::string_view dn);
  // Gives the entry another name, and those below it.
  void move(std::string_view dn, const std::string& new_dn);
  // Replaces the line that begins with `from`.
  static void edit(Node& node, std::string_view from, const std::string& to);

  // Parents first, as slapadd -w and ldapadd want it.
  std::string ldif() const;

 private:
  Node& add(std::string dn, std::vector<std::string> lines);

  std::vector<Node> nodes_;
  unsigned count_ = 0;
};

// Returns the DN of ou=NAME below the suffix.
std::string unit(const std::string& name);

}  // namespace replkit::support
