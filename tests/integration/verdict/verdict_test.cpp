// Is the verdict right on a busy pair of providers? Nothing diverged where nothing is broken; everything that is
// broken, and nothing else, where something is.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "common/base/files.hpp"
#include "common/model/ldif.hpp"
#include "tests/support/load.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/process.hpp"
#include "tests/support/seed_data.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/topology.hpp"

namespace replkit {
namespace {

using namespace std::chrono_literals;
using support::Client;
using support::Providers;

unsigned setting(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::stoul(text));
}

unsigned rounds() {
  return setting("REPLKIT_ROUNDS", 2);
}
unsigned persons() {
  return setting("REPLKIT_PERSONS", 2000);
}

struct Comparison {
  int status = 0;
  nlohmann::json document;
  std::set<std::string> diverged;  // ids
  std::set<std::string> reported;  // ids, whatever the verdict
};

// Returns the id of each entry that takes part in the difference: two when the identity differs.
std::set<std::string> ids_of(const nlohmann::json& difference) {
  std::set<std::string> ids;
  for (const auto& entry : difference.at("entries")) {
    if (entry.contains("uuid")) ids.insert(entry.at("uuid").get<std::string>());
  }
  return ids;
}

enum class Whole { expected, not_expected /* a server restarts meanwhile */ };

Comparison compare(Providers& providers, const std::string& base, Whole whole = Whole::expected) {
  static const support::TempDir secrets;
  const auto password_file = secrets.path() / "password";
  std::ofstream(password_file) << support::password;
  std::vector<std::string> argv{
      REPLCOMPARE, "-x", "-D", std::string(support::monitor_dn), "-y", password_file.string(), "-b", base, "--json"};
  for (std::size_t i = 0; i < providers.size(); ++i) {
    argv.emplace_back("-H");
    argv.push_back(providers[i].uri());
  }
  const auto run = support::run(argv, {.timeout = 180s});
  Comparison out;
  out.status = run.status;
  out.document = nlohmann::json::parse(run.out, nullptr, false);
  EXPECT_FALSE(out.document.is_discarded()) << run.out << run.err;
  if (out.document.is_discarded()) return out;
  if (whole == Whole::expected) {
    EXPECT_TRUE(out.document.at("complete").get<bool>()) << run.err;
  }
  for (const auto& difference : out.document.at("differences")) {
    const auto ids = ids_of(difference);
    out.reported.insert(ids.begin(), ids.end());
    if (difference.at("verdict") == "diverged") out.diverged.insert(ids.begin(), ids.end());
    EXPECT_NE(difference.at("verdict"), "unknown") << difference.dump(1);
  }
  return out;
}

// Writers on each provider, each with entries of its own.
class Writers {
 public:
  Writers(Providers& providers, const std::string& name, double rate) {
    for (std::size_t i = 0; i < providers.size(); ++i) {
      support::LoadOptions options;
      options.uri = providers[i].uri();
      options.bind_dn = providers[i].root_dn();
      options.password = support::password;
      options.base = "ou=load," + providers.suffix();
      options.name = fmt::format("{}{}", name, i);
      options.rate = rate;
      options.seed = i + 1;
      loads_.push_back(std::make_unique<support::Load>(options));
    }
  }
  void stop() {
    for (auto& load : loads_) load->stop();
  }
  std::uint64_t acknowledged() const {
    std::uint64_t sum = 0;
    for (const auto& load : loads_) sum += load->acknowledged();
    return sum;
  }
  // Waits until so many changes more were acknowledged.
  void warm_up(std::uint64_t changes) {
    const auto wanted = acknowledged() + changes;
    ASSERT_TRUE(support::eventually(60s, [&] { return acknowledged() >= wanted; }));
  }

 private:
  std::vector<std::unique_ptr<support::Load>> loads_;
};

std::map<std::string, support::TrueDifference> oracle(Providers& providers) {
  const support::TempDir dumps;
  std::vector<std::filesystem::path> files;
  for (std::size_t i = 0; i < providers.size(); ++i) {
    files.push_back(dumps.path() / fmt::format("{}.ldif", i));
    providers[i].dump_to(files.back());
  }
  std::map<std::string, support::TrueDifference> out;
  for (auto& difference : support::true_differences(files)) out.emplace(difference.uuid, difference);
  return out;
}

// diverged holds every difference that was there before and after the run, and nothing that is absent after it.
void judge(const Comparison& found, const std::map<std::string, support::TrueDifference>& before,
           const std::map<std::string, support::TrueDifference>& after) {
  for (const auto& [uuid, difference] : before) {
    if (after.contains(uuid)) {
      EXPECT_TRUE(found.diverged.contains(uuid)) << "not found: " << difference << found.document.dump(1);
    }
  }
  for (const auto& uuid : found.diverged) {
    EXPECT_TRUE(after.contains(uuid)) << "not true: " << uuid << "\n" << found.document.dump(1);
  }
}

support::ProvidersOptions provider_options() {
  support::ProvidersOptions options;
  options.persons = persons();
  return options;
}

TEST(Verdict, BusyHealthyPairHasNothingDiverged) {
  Providers providers(2, provider_options());
  Writers writers(providers, "busy", 300);
  writers.warm_up(500);
  const auto begin = std::chrono::steady_clock::now();
  const auto done_before = writers.acknowledged();
  std::uint64_t in_flight = 0;
  for (unsigned round = 0; round < rounds(); ++round) {
    const auto found = compare(providers, providers.suffix());
    EXPECT_TRUE(found.diverged.empty()) << "round " << round << "\n" << found.document.dump(1);
    EXPECT_EQ(found.status, 0) << found.document.dump(1);
    in_flight += found.document.at("summary").at("in_flight").get<std::uint64_t>();
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  const auto rate = static_cast<double>(writers.acknowledged() - done_before) / time.count();
  RecordProperty("changes_per_second", static_cast<int>(rate));
  fmt::print("{} rounds, {:.1f} s each, at {:.0f} changes a second; {} differences left in flight in all\n", rounds(),
             time.count() / rounds(), rate, in_flight);
  EXPECT_GT(rate, 50) << "the writers stood still";
}

// Rewrites the database of a stopped provider: the same entryUUIDs and CSNs, other content. Twelve differences.
void rewrite(support::Slapd& slapd, const std::string& suffix, std::mt19937_64& random) {
  const auto text = slapd.dump();
  std::vector<model::Entry> people;
  std::vector<model::Entry> others;
  model::LdifReader reader(model::memory_bytes(text), "dump");
  while (auto entry = reader.next_entry()) {
    (entry->dn.starts_with("uid=") && entry->dn.find("ou=people") != std::string::npos ? people : others)
        .push_back(*entry);
  }
  std::shuffle(people.begin(), people.end(), random);
  const auto set = [](model::Entry& entry, std::string_view name, std::vector<std::string> values) {
    std::erase_if(entry.attributes, [&](const auto& attribute) { return attribute.description == name; });
    if (!values.empty()) entry.attributes.push_back({std::string(name), std::move(values)});
  };
  set(people[0], "description", {"changed behind replication's back"});
  set(people[1], "mail", {"first@example.com", "second@example.com"});
  set(people[2], "mail", {});
  set(people[3], "jpegPhoto", {std::string("\0\1\2\xff", 4)});
  set(people[4], "cn;lang-de", {"Hans Müller"});
  people[5].dn = "uid=renamed," + ("ou=people," + suffix);
  set(people[5], "uid", {"renamed"});
  set(people[7], "telephoneNumber", {"+49 89 1234567"});
  set(people[8], "description;lang-fr", {"abîmé"});
  set(people[9], "userCertificate;binary", {std::string("0\0", 2)});
  set(people[10], "l", {"nowhere"});
  people.erase(people.begin() + 6);  // lost
  const auto moved_uid = std::string(people[11].first("uid"));
  people[11].dn = "uid=" + moved_uid + ",ou=groups," + suffix;
  std::string out;
  model::LdifWriter writer([&](std::string_view part) { out += part; }, 0);
  for (const auto* list : {&others, &people}) {
    for (const auto& entry : *list) {
      writer.entry(entry);
      out += "\n";
    }
  }
  slapd.clear();
  slapd.load(out);
}

// Deletes on one provider what the other modifies later while they are cut: mostly, syncrepl never brings them together
// again.
void plant_conflicts(Providers& providers, unsigned count) {
  providers.cut(0, 1);
  Client first = providers[0].root_client();
  Client second = providers[1].root_client();
  support::SeedOptions seed;
  seed.persons = persons();
  seed.suffix = providers.suffix();
  for (unsigned i = 0; i < count; ++i)
    support::expect_success(first.remove(support::person_dn(seed, 10 + i)), "delete");
  for (unsigned i = 0; i < count; ++i) {
    support::expect_success(
        second.modify(support::person_dn(seed, 10 + i), {{support::Change::replace, "title", {"later"}}}), "modify");
  }
  providers.join(0, 1);
  providers.wait_equal(60s, support::Marker::none);
}

TEST(Verdict, DamageIsFoundUnderLoad) {
  std::mt19937_64 random(setting("REPLKIT_SEED", 1));
  for (unsigned round = 0; round < rounds(); ++round) {
    Providers providers(2, provider_options());
    {
      Writers writers(providers, "before", 200);
      writers.warm_up(300);
    }
    providers.wait_equal();
    plant_conflicts(providers, 4);
    providers[1].stop();
    rewrite(providers[1], providers.suffix(), random);
    providers[1].start();
    providers.wait_equal(60s, support::Marker::none);
    const auto before = oracle(providers);
    EXPECT_GE(before.size(), 12U);
    Writers writers(providers, "during", 300);
    writers.warm_up(200);
    const auto found = compare(providers, providers.suffix());
    writers.stop();
    EXPECT_EQ(found.status, 1);
    providers.wait_equal(60s, support::Marker::none);
    const auto after = oracle(providers);
    judge(found, before, after);
    fmt::print("round {}: {} true differences before, {} after, {} reported as diverged of {} reported\n", round,
               before.size(), after.size(), found.diverged.size(), found.reported.size());
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Verdict, KilledProviderIsJudgedRight) {
  for (unsigned round = 0; round < rounds(); ++round) {
    Providers providers(2, provider_options());
    Writers writers(providers, "kill", 300);
    writers.warm_up(500);
    providers[0].kill9();
    providers[0].start();
    writers.warm_up(100);
    writers.stop();
    // Right after a crash the vectors may stay apart until the next write: the marker writes on both.
    providers.wait_equal();
    const auto before = oracle(providers);
    Writers more(providers, "after", 300);
    more.warm_up(200);
    const auto found = compare(providers, providers.suffix());
    more.stop();
    providers.wait_equal(60s, support::Marker::none);
    const auto after = oracle(providers);
    judge(found, before, after);
    fmt::print("round {}: {} true differences before, {} after, {} reported as diverged of {} reported\n", round,
               before.size(), after.size(), found.diverged.size(), found.reported.size());
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Verdict, NothingUntrueIsDivergedWhileAProviderRestarts) {
  for (unsigned round = 0; round < rounds(); ++round) {
    Providers providers(2, provider_options());
    Writers writers(providers, "restart", 300);
    writers.warm_up(300);
    Comparison found;
    std::thread comparison([&] { found = compare(providers, providers.suffix(), Whole::not_expected); });
    providers[0].restart();
    comparison.join();
    writers.stop();
    providers.wait_equal();
    const auto after = oracle(providers);
    for (const auto& uuid : found.diverged) EXPECT_TRUE(after.contains(uuid)) << uuid << "\n" << found.document.dump(1);
    fmt::print("round {}: {} true differences after, {} reported as diverged of {} reported\n", round, after.size(),
               found.diverged.size(), found.reported.size());
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace replkit
