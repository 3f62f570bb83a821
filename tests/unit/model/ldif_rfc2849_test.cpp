// Every example of RFC 2849, and what each must be read as.
#include <gmock/gmock.h>

#include "tests/unit/model/ldif_testing.hpp"

namespace replkit::model {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

TEST(LdifRfc2849, Example1SimpleFileWithTwoEntries) {
  const auto records = read_all(R"(version: 1
dn: cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Barbara Jensen
cn: Barbara J Jensen
cn: Babs Jensen
sn: Jensen
uid: bjensen
telephonenumber: +1 408 555 1212
description: A big sailing fan.

dn: cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Bjorn Jensen
sn: Jensen
telephonenumber: +1 408 555 1212
)");
  EXPECT_THAT(records, ElementsAre(Record(Entry{"cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com",
                                                {{"objectclass", {"top", "person", "organizationalPerson"}},
                                                 {"cn", {"Barbara Jensen", "Barbara J Jensen", "Babs Jensen"}},
                                                 {"sn", {"Jensen"}},
                                                 {"uid", {"bjensen"}},
                                                 {"telephonenumber", {"+1 408 555 1212"}},
                                                 {"description", {"A big sailing fan."}}}}),
                                   Record(Entry{"cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com",
                                                {{"objectclass", {"top", "person", "organizationalPerson"}},
                                                 {"cn", {"Bjorn Jensen"}},
                                                 {"sn", {"Jensen"}},
                                                 {"telephonenumber", {"+1 408 555 1212"}}}})));
}

TEST(LdifRfc2849, Example2FoldedValue) {
  const auto entry = read_entry(R"(version: 1
dn:cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com
objectclass:top
objectclass:person
objectclass:organizationalPerson
cn:Barbara Jensen
cn:Barbara J Jensen
cn:Babs Jensen
sn:Jensen
uid:bjensen
telephonenumber:+1 408 555 1212
description:Babs is a big sailing fan, and travels extensively in sea
 rch of perfect sailing conditions.
title:Product Manager, Rod and Reel Division
)");
  EXPECT_EQ(entry.dn, "cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com");
  EXPECT_EQ(entry.first("description"),
            "Babs is a big sailing fan, and travels extensively in search of perfect sailing conditions.");
  EXPECT_EQ(entry.first("title"), "Product Manager, Rod and Reel Division");
}

TEST(LdifRfc2849, Example3Base64Value) {
  const auto entry = read_entry(R"(version: 1
dn: cn=Gern Jensen, ou=Product Testing, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Gern Jensen
cn: Gern O Jensen
sn: Jensen
uid: gernj
telephonenumber: +1 408 555 1212
description:: V2hhdCBhIGNhcmVmdWwgcmVhZGVyIHlvdSBhcmUhICBUaGlzIHZhbHVl
 IGlzIGJhc2UtNjQtZW5jb2RlZCBiZWNhdXNlIGl0IGhhcyBhIGNvbnRyb2wgY2hhcmFjdG
 VyIGluIGl0IChhIENSKS4NICBCeSB0aGUgd2F5LCB5b3Ugc2hvdWxkIHJlYWxseSBnZXQg
 b3V0IG1vcmUu
)");
  EXPECT_EQ(
      entry.first("description"),
      "What a careful reader you are!  This value is base-64-encoded because it has a control character in it (a CR)."
      "\r  By the way, you should really get out more.");
}

TEST(LdifRfc2849, Example4Utf8AndLanguageTags) {
  const auto records = read_all(R"(version: 1
dn:: b3U95Za25qWt6YOoLG89QWlyaXVz
# dn:: ou=<JapaneseOU>,o=Airius
objectclass: top
objectclass: organizationalUnit
ou:: 5Za25qWt6YOo
# ou:: <JapaneseOU>
ou;lang-ja:: 5Za25qWt6YOo
# ou;lang-ja:: <JapaneseOU>
ou;lang-ja;phonetic:: 44GI44GE44GO44KH44GG44G2

# ou;lang-ja:: <JapaneseOU_in_phonetic_representation>
dn:: dWlkPXJvZ2FzYXdhcmEsb3U95Za25qWt6YOoLG89QWlyaXVz
# dn:: uid=<uid>,ou=<JapaneseOU>,o=Airius
userpassword: {SHA}O3HSv1MusyL4kTjP+HKI5uxuNoM=
cn;lang-ja:: 5bCP56yg5Y6fIOODreODieODi+ODvA==
# cn;lang-ja:: <JapaneseCn>
title;lang-ja:: 5Za25qWt6YOoIOmDqOmVtw==
preferredlanguage: ja
title;lang-ja;phonetic:: 44GI44GE44GO44KH44GG44G2IOOBtuOBoeOCh+OBhg==
cn;lang-en: Rodney Ogasawara
title;lang-en: Sales, Director
)");
  ASSERT_EQ(records.size(), 2U);
  const auto& unit = std::get<Entry>(records[0]);
  EXPECT_EQ(unit.dn, "ou=営業部,o=Airius");
  EXPECT_EQ(unit.first("ou"), "営業部");
  EXPECT_EQ(unit.first("ou;lang-ja"), "営業部");
  EXPECT_EQ(unit.first("ou;lang-ja;phonetic"), "えいぎょうぶ");
  const auto& person = std::get<Entry>(records[1]);
  EXPECT_EQ(person.dn, "uid=rogasawara,ou=営業部,o=Airius");
  EXPECT_EQ(person.first("userPassword"), "{SHA}O3HSv1MusyL4kTjP+HKI5uxuNoM=");
  EXPECT_EQ(person.first("cn;lang-ja"), "小笠原 ロドニー");
  EXPECT_EQ(person.first("title;lang-ja"), "営業部 部長");
  EXPECT_EQ(person.first("title;lang-ja;phonetic"), "えいぎょうぶ ぶちょう");
  EXPECT_EQ(person.first("title;lang-en"), "Sales, Director");
}

TEST(LdifRfc2849, Example5ReferenceToAFileIsRefused) {
  EXPECT_THAT(error_of(R"(version: 1
dn: cn=Horatio Jensen, ou=Product Testing, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Horatio Jensen

cn: Horatio N Jensen
sn: Jensen
uid: hjensen
telephonenumber: +1 408 555 1212
jpegphoto:< file:///usr/local/directory/photos/hjensen.jpg
)"),
              StartsWith("test.ldif:8: a record must begin with 'dn:'"));  // a page break of the RFC's text
  EXPECT_THAT(
      error_of("version: 1\ndn: cn=Horatio Jensen\njpegphoto:< file:///usr/local/directory/photos/hjensen.jpg\n"),
      StartsWith("test.ldif:3: 'jpegphoto:<' takes the value from a URL"));
}

TEST(LdifRfc2849, Example6ChangeRecords) {
  const auto text = [](const std::string& photo) {
    return R"(version: 1
# Add a new entry
dn: cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com
changetype: add
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Fiona Jensen
sn: Jensen
uid: fiona
telephonenumber: +1 408 555 1212
)" + photo +
           R"(
# Delete an existing entry
dn: cn=Robert Jensen, ou=Marketing, dc=airius, dc=com
changetype: delete

# Modify an entry's relative distinguished name
dn: cn=Paul Jensen, ou=Product Development, dc=airius, dc=com
changetype: modrdn
newrdn: cn=Paula Jensen
deleteoldrdn: 1

# Rename an entry and move all of its children to a new location in
# the directory tree (only implemented by LDAPv3 servers).
dn: ou=PD Accountants, ou=Product Development, dc=airius, dc=com
changetype: modrdn
newrdn: ou=Product Development Accountants
deleteoldrdn: 0
newsuperior: ou=Accounting, dc=airius, dc=com

# Modify an entry: add an additional value to the postaladdress
# attribute, completely delete the description attribute, replace
# the telephonenumber attribute with two values, and delete a specific
# value from the facsimiletelephonenumber attribute
dn: cn=Paula Jensen, ou=Product Development, dc=airius, dc=com
changetype: modify
add: postaladdress
postaladdress: 123 Anystreet $ Sunnyvale, CA $ 94086
-
delete: description
-
replace: telephonenumber
telephonenumber: +1 408 555 1234
telephonenumber: +1 408 555 5678
-
delete: facsimiletelephonenumber
facsimiletelephonenumber: +1 408 555 9876
-

# Modify an entry: replace the postaladdress attribute with an empty
# set of values (which will cause the attribute to be removed), and
# delete the entire description attribute. Note that the first will
# always succeed, while the second will only succeed if at least
# one value for the description attribute is present.
dn: cn=Ingrid Jensen, ou=Product Support, dc=airius, dc=com
changetype: modify
replace: postaladdress
-
delete: description
-
)";
  };
  EXPECT_THAT(error_of(text("jpegphoto:< file:///usr/local/directory/photos/fiona.jpg\n")),
              StartsWith("test.ldif:12: 'jpegphoto:<' takes the value from a URL"));

  const std::string development = ", ou=Product Development, dc=airius, dc=com";
  EXPECT_THAT(
      read_all(text("")),
      ElementsAre(Record(ChangeRecord{"cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com",
                                      {},
                                      AddChange{{{"objectclass", {"top", "person", "organizationalPerson"}},
                                                 {"cn", {"Fiona Jensen"}},
                                                 {"sn", {"Jensen"}},
                                                 {"uid", {"fiona"}},
                                                 {"telephonenumber", {"+1 408 555 1212"}}}}}),
                  Record(ChangeRecord{"cn=Robert Jensen, ou=Marketing, dc=airius, dc=com", {}, DeleteChange{}}),
                  Record(ChangeRecord{"cn=Paul Jensen" + development, {}, RenameChange{"cn=Paula Jensen", true, {}}}),
                  Record(ChangeRecord{
                      "ou=PD Accountants" + development,
                      {},
                      RenameChange{"ou=Product Development Accountants", false, "ou=Accounting, dc=airius, dc=com"}}),
                  Record(ChangeRecord{
                      "cn=Paula Jensen" + development,
                      {},
                      ModifyChange{{{ModifyKind::add, "postaladdress", {"123 Anystreet $ Sunnyvale, CA $ 94086"}},
                                    {ModifyKind::remove, "description", {}},
                                    {ModifyKind::replace, "telephonenumber", {"+1 408 555 1234", "+1 408 555 5678"}},
                                    {ModifyKind::remove, "facsimiletelephonenumber", {"+1 408 555 9876"}}}}}),
                  Record(ChangeRecord{"cn=Ingrid Jensen, ou=Product Support, dc=airius, dc=com",
                                      {},
                                      ModifyChange{{{ModifyKind::replace, "postaladdress", {}},
                                                    {ModifyKind::remove, "description", {}}}}})));
}

TEST(LdifRfc2849, Example7Control) {
  EXPECT_EQ(read_change(R"(version: 1
# Delete an entry. The operation will attach the LDAPv3
# Tree Delete Control defined in [9]. The criticality
# field is "true" and the controlValue field is
# absent, as required by [9].
dn: ou=Product Development, dc=airius, dc=com
control: 1.2.840.113556.1.4.805 true
changetype: delete
)"),
            (ChangeRecord{"ou=Product Development, dc=airius, dc=com",
                          {{"1.2.840.113556.1.4.805", true, std::nullopt}},
                          DeleteChange{}}));
}

}  // namespace
}  // namespace replkit::model
