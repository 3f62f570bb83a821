// Properties over random records with fixed seeds: what is written is read as the same, however its lines are folded.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/model/ldif_testing.hpp"

namespace replkit::model {
namespace {

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::size_t up_to(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n)(random_); }

  // Plain text, text with what LDIF finds special, UTF-8, or any bytes; now and then long.
  std::string value() {
    static const std::vector<std::string> pieces{" ",    ":",     "<", "#",        "-",  "\n",
                                                 "\r\n", "dn: x", "a", "\xC3\xA9", "\t", "\n "};
    std::string out;
    const auto kind = up_to(3);
    const auto size = up_to(20) == 0 ? up_to(5000) : up_to(30);
    for (std::size_t i = 0; i < size; ++i) {
      if (kind == 0) {
        out += pieces[up_to(pieces.size() - 1)];
      } else {
        out += static_cast<char>(kind == 1 ? up_to(255) : ' ' + static_cast<char>(up_to(94)));
      }
    }
    return out;
  }

  std::string name(std::size_t i) {
    static const std::vector<std::string> kinds{"cn", "objectClass", "2.5.4.", "userCertificate;binary;x-",
                                                "unhashed#user#"};
    return kinds[up_to(kinds.size() - 1)] + std::to_string(i);
  }

  std::vector<std::string> values(std::size_t least) {
    std::vector<std::string> out(least + up_to(3));
    for (auto& each : out) each = value();
    return out;
  }

  std::vector<Attribute> attributes() {
    std::vector<Attribute> out;
    const auto size = up_to(10) == 0 ? up_to(120) : up_to(8);
    for (std::size_t i = 0; i < size; ++i) out.push_back({name(i), values(1)});
    return out;
  }

  std::vector<Modification> modifications() {
    std::vector<Modification> out(up_to(5));
    for (auto& each : out) {
      each.kind = static_cast<ModifyKind>(up_to(3));
      each.description = name(up_to(2));
      each.values = values(each.kind == ModifyKind::add || each.kind == ModifyKind::increment ? 1 : 0);
    }
    return out;
  }

  std::vector<LdifControl> controls() {
    std::vector<LdifControl> out(up_to(3));
    for (auto& each : out) {
      each.oid = "1.2." + std::to_string(up_to(99999));
      if (up_to(1) == 0) each.critical = up_to(1) == 0;
      if (up_to(1) == 0) each.value = value();
    }
    return out;
  }

  Record record() {
    if (up_to(1) == 0) return Entry{value(), attributes()};
    ChangeRecord out{value(), controls(), DeleteChange{}};
    switch (up_to(3)) {
      case 0:
        out.change = AddChange{attributes()};
        break;
      case 1:
        out.change = ModifyChange{modifications()};
        break;
      case 2: {
        RenameChange rename{"cn=" + value(), up_to(1) == 0, {}};
        if (up_to(1) == 0) rename.new_superior = value();
        out.change = rename;
        break;
      }
      default:
        break;
    }
    return out;
  }

  // Folds lines, those folded already too, at random places, makes line ends CRLF and puts in comments and empty lines.
  std::string disturb(std::string_view text) {
    const std::string end = up_to(1) == 0 ? "\r\n" : "\n";
    std::string out;
    bool after_line = false;  // whether the line may be continued here
    for (const char c : text) {
      if (c == '\n') {
        out += end;
        if (!after_line) out += up_to(1) == 0 ? "" : end + "# not this" + end + " dn: x" + end;
        after_line = false;
        continue;
      }
      if (after_line && up_to(20) == 0) out += end + " ";
      out += c;
      after_line = true;
    }
    return out;
  }

 private:
  std::mt19937 random_;
};

class LdifRoundTrip : public testing::TestWithParam<unsigned> {};

TEST_P(LdifRoundTrip, ReadsWhatWasWritten) {
  Maker make(GetParam());
  for (int round = 0; round < 20; ++round) {
    std::vector<Record> records(make.up_to(10));
    for (auto& record : records) record = make.record();
    const auto wrap = make.up_to(2) == 0 ? 0 : make.up_to(100);
    const auto text = write_all(records, wrap);
    ASSERT_EQ(read_all(text), records) << "wrap " << wrap << "\n" << text;
    const auto disturbed = make.disturb(text);
    ASSERT_EQ(read_all(disturbed), records) << disturbed;
    if (wrap == 0) continue;
    std::size_t column = 0;
    for (const char c : text) {
      column = c == '\n' ? 0 : column + 1;
      ASSERT_LE(column, std::max<std::size_t>(wrap, 2));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LdifRoundTrip, testing::Range(1U, 31U));

}  // namespace
}  // namespace replkit::model
