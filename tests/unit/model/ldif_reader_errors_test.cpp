#include <gmock/gmock.h>

#include "tests/unit/model/ldif_testing.hpp"

namespace replkit::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Bad {
  const char* name;
  std::string text;
  const char* message;  // begins with the line
};

class LdifReaderRefuses : public testing::TestWithParam<Bad> {};

TEST_P(LdifReaderRefuses, WithFileLineAndReason) {
  EXPECT_THAT(error_of(GetParam().text), StartsWith(std::string("test.ldif:") + GetParam().message));
}

const std::string modify = "dn: cn=a\nchangetype: modify\n";
const std::string rename = "dn: cn=a\nchangetype: modrdn\n";

INSTANTIATE_TEST_SUITE_P(
    All, LdifReaderRefuses,
    testing::Values(
        Bad{"no_colon", "dn: cn=a\nuserPassword\n", "2: no ':' in the line; if it goes on with the line before"},
        Bad{"bad_base64", "dn: cn=a\ncn: a\nphoto:: AAA\n", "3: the value of 'photo' is not valid base64"},
        Bad{"bad_base64_dn", "dn:: %%\n", "1: the value of 'dn' is not valid base64"},
        Bad{"no_dn", "cn: a\n", "1: a record must begin with 'dn:', this one begins with 'cn:'"},
        Bad{"no_dn_after_version", "version: 1\ncn: a\n", "2: a record must begin with 'dn:'"},
        Bad{"empty_line_in_record", "dn: cn=a\n\ncn: a\n",
            "3: a record must begin with 'dn:', this one begins with 'cn:'"},
        Bad{"ldapsearch_trailer", "dn: cn=a\n\nsearch: 2\nresult: 0 Success\n",
            "3: a record must begin with 'dn:', this one begins with 'search:'; ldapsearch writes such lines unless"},
        Bad{"second_dn", "dn: cn=a\ncn: a\ndn: cn=b\n", "3: a second 'dn:' in one record"},
        Bad{"blank_looking_separator", "dn: cn=a\ncn: a\n \nDN: cn=b\n", "4: a second 'dn:' in one record"},
        Bad{"nul", std::string("dn: cn=a\ncn: a\0b\n", 18), "2: a NUL byte; the file is damaged"},
        Bad{"nul_in_comment", std::string("dn: cn=a\n# \0\n", 13), "2: a NUL byte"},
        Bad{"nul_in_folded_part", std::string("dn: cn=a\ncn: a\n \0\n", 18), "3: a NUL byte"},
        Bad{"nul_block_at_end", "dn: cn=a\ncn: a\n" + std::string(4096, '\0'), "3: a NUL byte"},
        Bad{"utf16",
            std::string("\xFF\xFE"
                        "d\0n\0:\0\n\0",
                        10),
            "1: the file is UTF-16; convert it with iconv"},
        Bad{"cr_within", "dn: cn=a\ncn: a\rb\n", "2: a carriage return within the line"},
        Bad{"cr_line_ends", "dn: cn=a\rcn: a\r", "1: a carriage return within the line"},
        Bad{"fold_at_start", " dn: cn=a\n", "1: a line that begins with a space"},
        Bad{"fold_after_empty", "dn: cn=a\n\n cn: a\n", "3: a line that begins with a space"},
        Bad{"bad_name", "dn: cn=a\ncommon name: a\n", "2: 'common name' is no attribute name"},
        Bad{"empty_name", "dn: cn=a\n: a\n", "2: '' is no attribute name"},
        Bad{"tab_fold", "dn: cn=a\n\tcn: a\n", "2: '\\09cn' is no attribute name"},
        Bad{"url", "dn: cn=a\njpegPhoto:< file:///tmp/x\n", "2: 'jpegPhoto:<' takes the value from a URL"},
        Bad{"url_dn", "dn:<file:///tmp/x\n", "1: 'dn:<' takes the value from a URL"},
        Bad{"url_control", "dn: cn=a\ncontrol: 1.2.3 true:< file:///tmp/x\nchangetype: delete\n",
            "2: the control's value is to be taken from a URL"},
        Bad{"version_2", "version: 2\n", "1: this version of LDIF is not known"},
        Bad{"changetype", "dn: cn=a\nchangetype: rename\n",
            "2: changetype 'rename' is not known; it is one of add, delete"},
        Bad{"control_oid", "dn: cn=a\ncontrol: manageDsaIt\nchangetype: delete\n",
            "2: 'control:' must be followed by an OID"},
        Bad{"control_critical", "dn: cn=a\ncontrol: 1.2.3 yes\nchangetype: delete\n",
            "2: after the OID of a control comes 'true' or 'false', not 'yes'"},
        Bad{"control_base64", "dn: cn=a\ncontrol: 1.2.3 true:: *\nchangetype: delete\n", "2: the value of 'control'"},
        Bad{"control_of_entry", "dn: cn=a\ncontrol: 1.2.3\ncn: a\n",
            "3: 'changetype:' must follow the 'control:' lines"},
        Bad{"control_at_end", "dn: cn=a\ncontrol: 1.2.3\n", "3: 'changetype:' must follow the 'control:' lines"},
        Bad{"data_after_delete", "dn: cn=a\nchangetype: delete\ncn: a\n", "3: nothing may follow 'changetype: delete'"},
        Bad{"data_after_rename", rename + "newrdn: cn=b\ndeleteoldrdn: 1\ncn: a\n", "5: nothing may follow the rename"},
        Bad{"data_after_superior", rename + "newrdn: cn=b\ndeleteoldrdn: 1\nnewsuperior: o=x\nnewsuperior: o=y\n",
            "6: nothing may follow the rename"},
        Bad{"second_dn_in_add", "dn: cn=a\nchangetype: add\ncn: a\ndn: cn=b\n", "4: a second 'dn:' in one record"},
        Bad{"rename_without_rdn", rename + "deleteoldrdn: 1\n", "3: 'deleteoldrdn:' where 'newrdn:' must come"},
        Bad{"rename_empty_rdn", rename + "newrdn:\ndeleteoldrdn: 1\n", "3: 'newrdn:' has no value"},
        Bad{"rename_flag", rename + "newrdn: cn=b\ndeleteoldrdn: yes\n", "4: 'deleteoldrdn:' must be 1"},
        Bad{"rename_ends", rename + "newrdn: cn=b\n", "4: the record ends where 'deleteoldrdn:' must come"},
        Bad{"rename_cut_off", rename + "newrdn: cn=b\ndeleteold", "4: no ':' in the line"},
        Bad{"modify_kind", modify + "cn: a\n", "3: a part of a modify record begins with 'add:'"},
        Bad{"modify_second_hyphen", modify + "delete: cn\n-\n-\n", "5: no ':' in the line"},
        Bad{"modify_other_name", modify + "add: cn\ncn: a\nsn: b\n-\n", "5: 'sn:' in the part for 'cn'; end that part"},
        Bad{"modify_no_hyphen", modify + "replace: cn\ncn: a\nadd: sn\nsn: b\n-\n", "5: 'add:' in the part for 'cn'"},
        Bad{"modify_add_nothing", modify + "add: cn\n-\n", "4: 'add: cn' without a value"},
        Bad{"modify_increment_nothing", modify + "increment: n\n", "4: 'increment: n' without a value"},
        Bad{"modify_bad_name", modify + "add: c n\n", "3: after 'add:' comes the name of an attribute, not 'c n'"},
        Bad{"modify_no_name", modify + "delete:\n-\n", "3: after 'delete:' comes the name of an attribute, not ''"}),
    [](const auto& bad) { return bad.param.name; });

TEST(LdifReaderErrors, CarryTheLineAndTheStatusOfALocalFile) {
  try {
    read_all("dn: cn=a\n\ndn: cn=b\nx\n");
    FAIL();
  } catch (const LdifError& error) {
    EXPECT_EQ(error.line(), 4U);
    EXPECT_EQ(error.status(), ExitStatus::local);
  }
}

TEST(LdifReaderErrors, SayThatTheFileMayHaveBeenCutOff) {
  EXPECT_THAT(error_of("dn: cn=a\nphoto:: AAA"), HasSubstr("it may have been cut off"));
  EXPECT_THAT(error_of("dn: cn=a\nuserPass"), HasSubstr("it may have been cut off"));
  EXPECT_THAT(error_of("dn: cn=a\nuserPass\n"), Not(HasSubstr("cut off")));
}

TEST(LdifReaderErrors, DoNotShowValues) {
  EXPECT_THAT(error_of("dn: cn=a\nuserPassword:: hunter2!\n"), Not(HasSubstr("hunter2")));
  EXPECT_THAT(error_of("dn: cn=a\nuserPassword: {SSHA}hun\nter2\n"),
              AllOf(StartsWith("test.ldif:3:"), Not(HasSubstr("ter2"))));
}

TEST(LdifReaderErrors, NameTheLineOverTheLimit) {
  const LdifLimits limits{100, 1000};
  const auto text = [](std::size_t n) { return "dn: cn=a\ncn: a\ncn: " + std::string(n - 4, 'x') + "\n"; };
  EXPECT_EQ(error_of(text(100), limits), "");
  EXPECT_EQ(error_of(text(101), limits), "test.ldif:3: the line has over 100 bytes, which is the limit");
  EXPECT_EQ(error_of(text(1U << 20), limits), "test.ldif:3: the line has over 100 bytes, which is the limit");
  EXPECT_EQ(error_of("dn: cn=a\n#" + std::string(100, 'x') + "\n", limits),
            "test.ldif:2: the line has over 100 bytes, which is the limit");
  std::string folded = "dn: cn=a\ncn: a";
  for (int i = 0; i < 100; ++i) folded += "\n x";
  EXPECT_EQ(error_of(folded + "\n", limits), "test.ldif:2: the line has over 100 bytes, which is the limit");
}

// Gives zeros of text without end, and counts how much was taken.
class EndlessBytes final : public ByteSource {
 public:
  explicit EndlessBytes(std::size_t& taken) : taken_(taken) {}
  std::size_t read(char* data, std::size_t size) override {
    std::fill_n(data, size, 'x');
    taken_ += size;
    return size;
  }

 private:
  std::size_t& taken_;
};

TEST(LdifReaderErrors, ComeBeforeALineOverTheLimitIsReadWhole) {
  std::size_t taken = 0;
  LdifReader reader(std::make_unique<EndlessBytes>(taken), "endless", {1U << 20, 4U << 20});
  EXPECT_THROW(reader.next(), LdifError);
  EXPECT_LE(taken, 4U << 20);
}

TEST(LdifReaderErrors, NameTheRecordOverTheLimit) {
  std::string text = "dn: cn=b\n\ndn: cn=a\n";
  for (int i = 0; i < 100; ++i) text += "cn: x\n";
  EXPECT_EQ(error_of(text, {100, 10000}), "");
  EXPECT_EQ(error_of(text, {100, 3670}),
            "test.ldif:102: the record that begins at line 3 has over 3670 bytes, which is the limit");
}

TEST(LdifReaderErrors, EscapeWhatWouldUpsetATerminal) {
  EXPECT_THAT(error_of("dn: cn=a\n\x1b[2Jx: y\n"), AllOf(HasSubstr("\\1b[2Jx"), Not(HasSubstr("\x1b"))));
}

}  // namespace
}  // namespace replkit::model
