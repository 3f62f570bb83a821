// Random trees, planted differences, their LDIF in any spelling, and what a comparison of them must find, worked out
// the plain way.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "common/compare/result.hpp"
#include "common/model/dn.hpp"

namespace replkit::compare {

struct Node {
  unsigned id = 0;
  unsigned parent = 0;                                         // 0: the top
  model::Rdn rdn;                                              // the top has none
  std::map<std::string, std::vector<std::string>> attributes;  // RDN values included
  unsigned change = 1;                                         // second of its last change
};

// Nodes by id; the top is number 1 and named dc=example,dc=com.
struct Tree {
  std::map<unsigned, Node> nodes;
  unsigned next_id = 2;

  std::string dn(unsigned id) const;
  std::string normalized_dn(unsigned id) const;
  bool is_leaf(unsigned id) const;
  bool is_below(unsigned id, unsigned ancestor) const;  // or the same
  std::vector<unsigned> units() const;
  std::vector<unsigned> persons() const;
};

using Random = std::mt19937_64;

Tree random_tree(Random& random, std::size_t size);
// Adds a person below a unit and returns its id; `ids`: where to take it from, so that trees do not share ids by
// chance.
unsigned add_person(Random& random, Tree& tree, unsigned parent, unsigned id);

enum class Plant {
  remove,
  add,
  change_value,
  add_value,
  remove_value,
  binary,
  option,
  case_only,
  rename,
  move,
  identity
};
// Changes the tree in this way somewhere; false when there is no place for it. `fresh_id` is used for new entries.
// Entries in `used` are left alone, and what is changed is put there.
bool plant(Random& random, Tree& tree, Plant what, unsigned fresh_id, std::vector<unsigned>& used);
// Lets names change hands: two entries of one kind exchange theirs, or one takes that of another which goes, or a unit
// changes places with the one above it.
void shuffle_names(Random& random, Tree& tree);

// How many seeds a property test tries: $REPLKIT_TEST_SEEDS, or the number given.
unsigned seeds(unsigned usual);

// Returns the text with some of its letters in the other case.
std::string change_case(std::string text, Random& random);

struct Spelling {
  bool ids = true;
  bool csns = false;
  bool noise = true;       // orders, case, aliases, spaces, folding
  bool keep_case = false;  // no noise that --exact would see
};
// Returns the tree as LDIF. With CSNs the top has a contextCSN that covers seconds up to `covered`.
std::string to_ldif(const Tree& tree, Random& random, const Spelling& spelling, unsigned covered = 59);

// One line for each difference that must be found: kind, name, attributes with values, what moved along, odd ones.
std::vector<std::string> expected(const std::vector<const Tree*>& trees, bool ids, bool exact);
// The same of what was found.
std::string line_of(const Difference& difference, bool exact);

}  // namespace replkit::compare
