// Four servers, a writer at each, conflicts, servers killed, frozen and suspended: once all is well again, all servers
// have the same entries with the same meta-data, and what only one writer touched is as he left it.
// REPLKIT_ROUNDS says how many rounds, REPLKIT_SEED where the random numbers begin.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "common/base/cancel.hpp"
#include "common/base/text.hpp"
#include "common/metadata/operations.hpp"
#include "tests/integration/replication/group.hpp"

namespace replkit::replication_test {
namespace {

using std::chrono::milliseconds;
using support::Attributes;
using support::Change;
using support::Client;

constexpr const char* ids[] = {"ada", "bob", "cleo", "dan"};

unsigned number_from(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

// Results that a change may have when others change the same entries elsewhere: attribute or value is there, or is not,
// the name is taken, the entry is gone or has children, a move below itself, an area that is busy.
bool is_expected(int code) {
  static const std::set<int> codes = {0, 16, 20, 32, 51, 52, 53, 64, 65, 66, 67, 68, 71};
  return code < 0 || codes.contains(code);
}

// Changes entries through one server until told to stop: those that all writers share, and some of its own.
class Writer {
 public:
  Writer(Group& group, std::string id, unsigned seed) : group_(group), id_(std::move(id)), random_(seed) {}

  void start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  void stop() { thread_ = {}; }

  std::uint64_t acknowledged() const { return acknowledged_; }
  std::string trouble() const { return trouble_; }

  // What each of its own entries may hold, by DN: one or two descriptions, "" for none such.
  const std::map<std::string, std::set<std::string>>& own() const { return own_; }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      try {
        // Longer than a server is frozen.
        Client client(group_[id_].uri(), group_.root_dn(), "secret", std::chrono::seconds(10));
        while (!stop.stop_requested() && change(client)) {
        }
      } catch (const std::runtime_error&) {
        std::this_thread::sleep_for(milliseconds(20));  // down: it will be back
      }
    }
  }

  std::size_t below(std::size_t count) { return random_() % count; }
  std::string name() { return fmt::format("n{}", below(12)); }
  std::string unit() { return fmt::format("ou=u{},{}", below(4), suffix); }
  std::string shared() {
    return below(5) == 0 ? unit() : fmt::format("cn={},{}", name(), below(4) == 0 ? suffix : unit());
  }

  // Returns false when the answer did not come.
  bool change(Client& client) {
    const auto code = below(4) == 0 ? change_own(client) : change_shared(client);
    if (code == 0) ++acknowledged_;
    if (!is_expected(code)) trouble_ = fmt::format("{}: unexpected result {}", id_, code);
    return code >= 0;
  }

  int change_own(Client& client) {
    const auto dn = fmt::format("cn=of {} {},{}", id_, below(8), suffix);
    const auto text = fmt::format("{:x}", random_());
    auto& states = own_[dn];
    const bool there = states.size() == 1 && !states.contains("");
    const bool gone = states.empty() || (states.size() == 1 && states.contains(""));
    int code = 0;
    std::string next = text;
    if (gone) {
      code = client.add(dn, {{"objectClass", {"organizationalRole"}}, {"description", {text}}});
    } else if (there && below(4) == 0) {
      next.clear();
      code = client.remove(dn);
    } else if (there) {
      code = client.modify(dn, {{Change::replace, "description", {text}}});
    } else {  // the server ended in the middle of the last change
      const auto found = client.read(dn, {"description"});
      const auto value = found ? found->attributes.at("description").front() : std::string();
      if (!states.contains(value)) trouble_ = fmt::format("{} holds '{}'", dn, value);
      states = {value};
      return 0;
    }
    if (code == 0) {
      states = {next};
    } else if (code < 0) {
      if (states.empty()) states.insert("");
      states.insert(next);
    } else if (code != 51 && code != 52) {
      trouble_ = fmt::format("{}: result {} for its own {}", id_, code, dn);
    }
    return code;
  }

  int change_shared(Client& client) {
    const auto dn = shared();
    const bool is_unit = dn.starts_with("ou=");
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        return client.add(dn, {{"objectClass", {is_unit ? "organizationalUnit" : "organizationalRole"}},
                               {"description", {id_, fmt::format("{}", below(4))}}});
      case 3:
        return client.remove(dn);
      case 4:
        return client.rename(dn, is_unit ? fmt::format("ou=u{}", below(4)) : "cn=" + name());
      case 5:
        return client.rename(dn, dn.substr(0, dn.find(',')), unit());
      case 6:
        return client.modify(dn, {{Change::add, "description", {fmt::format("{}", below(4))}}});
      case 7:
        return client.modify(dn, {{Change::remove, "description", {fmt::format("{}", below(4))}}});
      case 8:
        return client.modify(dn, {{Change::replace, "description", {id_}}, {Change::replace, "l", {name()}}});
      default:
        return client.modify(dn, {{Change::add, "seeAlso", {unit()}}});
    }
  }

  Group& group_;
  const std::string id_;
  std::mt19937 random_;
  std::atomic<std::uint64_t> acknowledged_{0};
  std::string trouble_;
  std::map<std::string, std::set<std::string>> own_;
  std::jthread thread_;
};

// Each server's own, or what it last knew of the others.
bool is_own_affair(std::string_view type) {
  return type == "updateVector" || type == "replicationStatus" || type == "replicaOnline";
}

std::string text_of(const std::optional<ldup::Csn>& csn) {
  return csn ? csn->ldup_text() : "-";
}

// The state of each entry, deleted ones too, by entryUUID: lines in order. The last DN of a deleted entry is not among
// them, but what it is made of: deleted entries may lie below each other.
std::map<std::string, std::vector<std::string>> meta_data(Group& group, const std::string& id) {
  const CancelToken cancel;
  ldap::ConnectionOptions options;
  options.uri = group[id].uri();
  options.bind.method = ldap::BindMethod::simple;
  options.bind.dn = group.root_dn();
  options.bind.password = Secret("secret");
  auto connection = ldap::Connection::open(options, cancel);

  ldup::SearchWithMetaDataRequest request;
  request.base = suffix;
  request.scope = ldup::SearchWithMetaDataRequest::Scope::subtree;
  request.filter = model::Filter::parse("(&)");  // also what has no class: deleted before this replica had it
  request.attributes = {"*", "+"};
  request.deleted_entries = request.attribute_change_state = true;

  std::map<std::string, std::vector<std::string>> out;
  metadata::SearchVisitor visitor;
  visitor.malformed = [](const std::string& why, std::string_view) { ADD_FAILURE() << why; };
  visitor.entry = [&](ldup::SearchMetaDataEntry&& entry) {
    const auto state = entry.state.value_or(ldup::EntryState());
    const bool deleted = state.deleted_csn.has_value() && !state.glue;
    std::vector<std::string> lines;
    const auto name = deleted ? entry.name.substr(0, entry.name.find(',')) : entry.name;
    lines.push_back(fmt::format("dn {}{}", name, state.glue ? ", glue" : ""));
    lines.push_back(fmt::format("created {}, deleted {}, rdn {}, superior {} {}", text_of(state.created_csn),
                                text_of(state.deleted_csn), text_of(state.rdn_csn),
                                state.superior ? state.superior->text() : "-", text_of(state.superior_csn)));
    for (const auto& attribute : entry.attributes) {
      if (is_own_affair(attribute.type)) continue;
      if (attribute.deletion_csn) {
        lines.push_back(fmt::format("{} cleared {}", attribute.type, text_of(attribute.deletion_csn)));
      }
      for (const auto& value : attribute.values) {
        if (deleted && equals_ignore_case(attribute.type, "entryDN")) continue;
        lines.push_back(fmt::format("{}: {} {}{}{}", attribute.type, value.value, text_of(value.csn),
                                    value.deleted ? " deleted" : "", value.distinguished ? " distinguished" : ""));
      }
    }
    std::sort(lines.begin(), lines.end());
    out[state.entry ? state.entry->text() : entry.name] = std::move(lines);
  };
  const auto outcome = metadata::search(connection, request, visitor);
  EXPECT_TRUE(outcome.complete()) << id;
  return out;
}

std::string differences(const std::map<std::string, std::vector<std::string>>& one,
                        const std::map<std::string, std::vector<std::string>>& other) {
  std::string out;
  std::set<std::string> uuids;
  for (const auto& [uuid, lines] : one) uuids.insert(uuid);
  for (const auto& [uuid, lines] : other) uuids.insert(uuid);
  for (const auto& uuid : uuids) {
    const auto a = one.find(uuid);
    const auto b = other.find(uuid);
    const std::vector<std::string> none;
    const auto& left = a == one.end() ? none : a->second;
    const auto& right = b == other.end() ? none : b->second;
    if (left == right) continue;
    out += fmt::format("{}\n  < {}\n  > {}\n", uuid, fmt::join(left, "\n  < "), fmt::join(right, "\n  > "));
  }
  return out;
}

class Convergence : public ::testing::Test {
 protected:
  Convergence() : random_(seed_), group_(replicas(), {}, "full") {
    auto client = group_.client("ada");
    for (int i = 0; i < 4; ++i) add_unit(client, fmt::format("u{}", i));
    for (const char* id : ids) writers_.push_back(std::make_unique<Writer>(group_, id, random_()));
  }

  static std::vector<ReplicaSpec> replicas() {
    std::vector<ReplicaSpec> out;
    for (const char* id : ids) out.push_back({.id = id});
    return out;
  }

  std::string any() { return ids[random_() % std::size(ids)]; }

  // For about three seconds: how long each outage takes is a matter of chance, not something to be waited for.
  void disturb() {
    for (int i = 0; i < 6; ++i) {
      const auto id = any();
      switch (random_() % 3) {
        case 0:
          group_[id].kill9();
          std::this_thread::sleep_for(milliseconds(random_() % 300));
          group_[id].start();
          break;
        case 1:
          ::kill(group_[id].pid(), SIGSTOP);
          std::this_thread::sleep_for(milliseconds(random_() % 1000));
          ::kill(group_[id].pid(), SIGCONT);
          break;
        default:
          suspend(id, true);
          std::this_thread::sleep_for(milliseconds(random_() % 500));
          suspend(id, false);
      }
      std::this_thread::sleep_for(milliseconds(random_() % 300));
    }
  }

  void suspend(const std::string& id, bool suspended) {
    auto client = group_.client(id);
    EXPECT_EQ(
        client.modify(Group::replica_dn(id), {{Change::replace, "replicaOnline", {suspended ? "FALSE" : "TRUE"}}}), 0);
  }

  void check_own(const Writer& writer) {
    for (const char* id : ids) {
      auto client = group_.client(id);
      for (const auto& [dn, states] : writer.own()) {
        const auto found = client.read(dn, {"description"});
        const auto value = found ? found->attributes.at("description").front() : std::string();
        EXPECT_TRUE(states.contains(value)) << id << ": " << dn << " holds '" << value << "', not one of "
                                            << fmt::format("{}", fmt::join(states, ", "));
      }
    }
  }

  unsigned seed_ = number_from("REPLKIT_SEED", std::random_device{}());
  std::mt19937 random_;
  Group group_;
  std::vector<std::unique_ptr<Writer>> writers_;
};

TEST_F(Convergence, AfterConflictsAndCrashes) {
  SCOPED_TRACE(fmt::format("REPLKIT_SEED={}", seed_));
  const auto rounds = number_from("REPLKIT_ROUNDS", 2);
  std::uint64_t entries = 0;
  for (unsigned round = 0; round < rounds && !HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    for (auto& writer : writers_) writer->start();
    disturb();
    for (auto& writer : writers_) writer->stop();
    ASSERT_TRUE(group_.settles(std::chrono::seconds(120)));
    std::string apart;
    support::eventually(std::chrono::seconds(60), [&] {  // what was deleted comes when it comes
      const auto first = meta_data(group_, ids[0]);
      entries = first.size();
      apart.clear();
      for (const char* id : ids) apart += group_.difference(ids[0], id) + differences(first, meta_data(group_, id));
      return apart.empty();
    });
    EXPECT_EQ(apart, "");
    for (auto& writer : writers_) {
      EXPECT_EQ(writer->trouble(), "");
      check_own(*writer);
    }
  }
  std::uint64_t changes = 0;
  for (auto& writer : writers_) changes += writer->acknowledged();
  fmt::print("{} rounds, {} acknowledged changes, {} entries and tombstones\n", rounds, changes, entries);
  for (const char* id : ids) {
    group_[id].stop();
    EXPECT_EQ(group_[id].check(), "") << id;
  }
}

}  // namespace
}  // namespace replkit::replication_test
