#include "tests/refserver/directory/import.hpp"

#include <gmock/gmock.h>

#include <chrono>

#include "tests/unit/refserver/directory/update_testing.hpp"

namespace replkit::refserver::directory {
namespace {

using protocol::ResultCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

model::Entry entry_of(const std::string& dn, const std::vector<std::string>& lines) {
  return {.dn = dn, .attributes = attributes_of(lines)};
}

class ImportTest : public UpdateTest {
 protected:
  ImportOptions options() const {
    ImportOptions out;
    out.contexts = {base, "o=Other"};
    out.password_cost = {.argon2_memory_kib = 64, .argon2_passes = 1, .scram_iterations = 4096};
    out.creator = "cn=import";
    out.batch = 10;
    return out;
  }

  // Returns what is wrong with the entries; "" when they are stored.
  std::string import(const std::vector<model::Entry>& entries, const ImportOptions& how) {
    Importer importer(*store_, test_schema(), clock_, how);
    try {
      for (const auto& entry : entries) importer.add(entry);
      importer.flush();
      EXPECT_EQ(importer.stored(), entries.size());
      return "";
    } catch (const LocalError& error) {
      return error.what();
    }
  }
  std::string import(const std::vector<model::Entry>& entries) { return import(entries, options()); }
};

TEST_F(ImportTest, KeepsWhatTheEntryBrings) {
  const std::string uuid = "886e751f-3e7b-4c03-98ed-7f16d487b684";
  const std::string csn = "20261121074549.164125Z#000000#001#000000";
  ASSERT_EQ(import({entry_of("cn=x," + people,
                             {"objectClass: person", "sn: Lee", "entryUUID: " + uuid, "entryCSN: " + csn,
                              "createTimestamp: 20200101000000Z", "creatorsName: cn=y", "structuralObjectClass: device",
                              "hasSubordinates: TRUE", "entryDN: cn=z", "contextCSN: " + csn})}),
            "");
  const auto entry = load("cn=x," + people);
  EXPECT_EQ(entry.uuid.text(), uuid);
  EXPECT_EQ(entry.csn.text(), csn);
  EXPECT_EQ(entry.find("sn")->values[0].csn.text(), csn);
  EXPECT_THAT(values_of(entry, "createTimestamp"), ElementsAre("20200101000000Z"));
  EXPECT_THAT(values_of(entry, "creatorsName"), ElementsAre("cn=y"));
  EXPECT_THAT(values_of(entry, "modifiersName"), ElementsAre("cn=import"));
  EXPECT_THAT(values_of(entry, "modifyTimestamp"), ElementsAre(format_generalized_time(clock_.time)));
  EXPECT_THAT(values_of(entry, "structuralObjectClass"), ElementsAre("person"));
  EXPECT_EQ(entry.find("hasSubordinates"), nullptr);
  EXPECT_EQ(entry.find("entryDN"), nullptr);
  EXPECT_TRUE(entry.find("cn")->values[0].distinguished);
  EXPECT_GE(store_->snapshot()->last_csn(), entry.csn);
}

TEST_F(ImportTest, GivesCsnsToEntriesWithout) {
  ASSERT_EQ(import({entry_of("cn=x," + people, {"objectClass: person", "sn: Lee"})}), "");
  EXPECT_GT(load("cn=x," + people).csn, load(bob).csn);
}

TEST_F(ImportTest, HashesPasswords) {
  ASSERT_EQ(import({entry_of("cn=x," + people, {"objectClass: person", "sn: Lee", "userPassword: secret"})}), "");
  EXPECT_TRUE(auth::password_fits(Secret("secret"), values("cn=x," + people, "userPassword").at(0)));
  EXPECT_EQ(values("cn=x," + people, "authPassword").size(), 1U);
}

TEST_F(ImportTest, NamesTheEntryThatCannotBeStored) {
  EXPECT_THAT(import({entry_of("cn=x," + people, {"objectClass: person"})}), HasSubstr("cn=x," + people));
  EXPECT_THAT(import({entry_of("cn=x,ou=y," + people, {"objectClass: person", "sn: Lee"})}), HasSubstr("superior"));
  EXPECT_THAT(import({entry_of(ann, {"objectClass: person", "sn: Lee"})}), HasSubstr(ann));
  EXPECT_THAT(import({entry_of("o=Third", {"objectClass: organization"})}), HasSubstr("o=Third"));
  EXPECT_THAT(import({entry_of("nothing", {"objectClass: organization"})}), HasSubstr("nothing"));
  EXPECT_THAT(import({entry_of("cn=x," + people, {"objectClass: person", "sn: Lee", "entryUUID: x"})}),
              HasSubstr("entryUUID"));
  EXPECT_THAT(import({entry_of("cn=x," + people, {"objectClass: person", "sn: Lee", "entryCSN: x"})}),
              HasSubstr("entryCSN"));
  EXPECT_THAT(
      import({entry_of("cn=x," + people, {"objectClass: person", "sn: Lee", "entryUUID: " + load(ann).uuid.text()})}),
      HasSubstr("UUID"));
  EXPECT_EQ(entries(), 4U);
  auto wrong = options();
  wrong.contexts = {"x"};
  EXPECT_THROW(import({}, wrong), UsageError);
}

TEST_F(ImportTest, TakesAnyTopWhenItMay) {
  auto any = options();
  any.contexts = {"*"};
  EXPECT_EQ(import({entry_of("o=Third,c=US", {"objectClass: organization"}),
                    entry_of("cn=x,o=Third,c=US", {"objectClass: device"})},
                   any),
            "");
  EXPECT_EQ(load("o=Third,c=US").rdn, "o=Third,c=US");
  EXPECT_THAT(import({entry_of("cn=x,ou=y,o=Third,c=US", {"objectClass: device"})}, any), HasSubstr("superior"));
}

TEST_F(ImportTest, StoresWholeBatches) {
  std::vector<model::Entry> all{entry_of("o=Other", {"objectClass: organization"})};
  for (int i = 0; i < 200; ++i) {
    const auto parent = i < 10 ? std::string("o=Other") : all.at(static_cast<std::size_t>(i) / 3).dn;
    all.push_back(entry_of("cn=" + std::to_string(i) + "," + parent, {"objectClass: device"}));
  }
  EXPECT_EQ(import(all), "");
  EXPECT_EQ(entries(), 205U);
}

TEST_F(ImportTest, TakesBackWhatIsExported) {
  ASSERT_EQ(add_person("cn=x," + ann, {"cn;lang-de: y", "userPassword: secret"}).code, ResultCode::success);
  ASSERT_EQ(modify(ann, {replace("description", {"one", "two"}), directory::remove("description", {"one"})}).code,
            ResultCode::success);
  ASSERT_EQ(remove(bob).code, ResultCode::success);
  std::vector<model::Entry> exported;
  export_entries(*store_->snapshot(), [&](const model::Entry& entry) { exported.push_back(entry); });
  ASSERT_EQ(exported.size(), 4U);
  EXPECT_EQ(exported[0].dn, base);
  EXPECT_EQ(exported[3].dn, "cn=x," + ann);
  EXPECT_EQ(exported[2].first("entryCSN"), load(ann).find("modifyTimestamp")->values[0].csn.text());

  store::StoreOptions second_options;
  second_options.directory = folder_ / "second";
  second_options.durability = store::Durability::none;
  store::Store second(second_options, test_schema(), clock_);
  Importer importer(second, test_schema(), clock_, options());
  for (const auto& entry : exported) importer.add(entry);
  importer.flush();
  std::vector<model::Entry> again;
  const auto sorted = [](model::Entry entry) {
    std::sort(entry.attributes.begin(), entry.attributes.end(),
              [](const auto& a, const auto& b) { return a.description < b.description; });
    return entry;
  };
  export_entries(*second.snapshot(), [&](const model::Entry& entry) { again.push_back(sorted(entry)); });
  for (auto& entry : exported) entry = sorted(entry);
  EXPECT_EQ(again, exported);
}

// Not a benchmark: catches what grows with the square.
TEST_F(ImportTest, TakesManyEntriesInTime) {
  auto how = options();
  how.batch = 2000;
  Importer importer(*store_, test_schema(), clock_, how);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20'000; ++i) {
    const auto number = std::to_string(i);
    importer.add(entry_of("uid=p" + number + "," + people,
                          {"objectClass: inetOrgPerson", "cn: Person " + number, "sn: " + number, "uid: p" + number,
                           "mail: p" + number + "@example.com", "telephoneNumber: +1 555 " + number}));
  }
  importer.flush();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  RecordProperty("entries_per_second", static_cast<int>(20'000 / took.count()));
  EXPECT_EQ(entries(), 20'004U);
}

}  // namespace
}  // namespace replkit::refserver::directory
