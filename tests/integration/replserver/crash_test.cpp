// Clients change the directory until the server is killed: what was acknowledged is there afterwards, what was not is
// there whole or not at all, and the indexes agree with the entries.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "tests/integration/replserver/lab.hpp"

namespace replkit::replserver_test {
namespace {

using support::Attributes;
using support::Change;
using support::Client;
using Tree = std::map<std::string, Attributes>;  // entries by DN, values sorted

constexpr std::size_t writers = 4;

// Counts acknowledgements, and ends the round at a certain one.
class Tally {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  // Returns whether there were so many in time.
  bool await(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return count_ >= count; });
  }
  std::size_t count() const { return count_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

// One client, the branch that is its own, and what it knows of it.
class Writer {
 public:
  Writer(std::string base, unsigned seed) : base_(std::move(base)), random_(seed) {
    known_[base_] = unit("of its own");
    for (const char* side : {"left", "right"}) known_[fmt::format("ou={},{}", side, base_)] = unit(side);
  }

  const std::string& base() const { return base_; }
  std::string ldif() const {
    return fmt::format(
        "dn: {0}\nobjectClass: organizationalUnit\nou: {1}\ndescription: of its own\n\n"
        "dn: ou=left,{0}\nobjectClass: organizationalUnit\nou: left\ndescription: left\n\n"
        "dn: ou=right,{0}\nobjectClass: organizationalUnit\nou: right\ndescription: right\n\n",
        base_, base_.substr(3, base_.find(',') - 3));
  }

  // Changes its branch until the server is gone.
  void write(const Replserver& server, Tally& acknowledged) {
    try {
      Client client(server.uri(), server.root_dn(), std::string(support::password));
      while (change(client)) acknowledged.add();
    } catch (const std::runtime_error&) {  // gone before the bind
    }
  }

  // Compares with what the server has now, and takes it for what is known.
  void verify(Client& client) {
    const auto found = read(client);
    if (unsure_ && found == *unsure_) {
      known_ = *unsure_;
    } else {
      EXPECT_EQ(text(found), text(known_)) << (unsure_ ? "with the change under way:\n" + text(*unsure_) : "");
      known_ = found;
    }
    unsure_.reset();
  }

  std::string trouble() const { return trouble_; }

 private:
  static Attributes unit(const std::string& description) { return {{"description", {description}}}; }

  static std::string text(const Tree& tree) {
    std::string out;
    for (const auto& [dn, attributes] : tree) {
      out += dn + '\n';
      for (const auto& [name, values] : attributes) out += fmt::format("  {}: {}\n", name, fmt::join(values, " | "));
    }
    return out;
  }

  // Naming attributes and classes are in the DNs' place.
  Tree read(Client& client) const {
    Tree tree;
    for (auto& entry :
         client.search(base_, 2, "(objectClass=*)", {"cn", "description", "telephoneNumber", "seeAlso"})) {
      for (auto& [name, values] : entry.attributes) std::sort(values.begin(), values.end());
      tree.emplace(entry.dn, std::move(entry.attributes));
    }
    return tree;
  }

  std::size_t below(std::size_t count) { return random_() % count; }
  std::string word() { return fmt::format("{:x}", random_()); }

  // Returns a DN of those that fit, or nothing.
  template <typename Fits>
  std::optional<std::string> pick(const Fits& fits) {
    std::vector<std::string> found;
    for (const auto& [dn, attributes] : known_) {
      if (fits(dn)) found.push_back(dn);
    }
    if (found.empty()) return std::nullopt;
    return found[below(found.size())];
  }
  static bool is_leaf(const std::string& dn) { return dn.starts_with("cn="); }
  static bool is_branch(const std::string& dn) { return dn.starts_with("ou=b"); }

  // Does one change. Returns false when its answer did not come.
  bool change(Client& client) {
    auto next = known_;
    const auto code = act(client, next);
    if (!code) return true;
    if (*code == 0) {
      known_ = std::move(next);
      return true;
    }
    if (*code > 0) trouble_ = fmt::format("result {} for a good change", *code);
    unsure_ = std::move(next);
    return false;
  }

  std::optional<int> act(Client& client, Tree& next) {
    constexpr std::size_t most = 60;
    const auto what = below(known_.size() > most ? 10 : 16);
    if (what < 2) return remove(client, next);
    if (what < 5) return modify(client, next);
    if (what < 7) return rename(client, next);
    if (what < 9) return move(client, next);
    if (what < 10) return remove(client, next);
    if (what < 11) return add_branch(client, next);
    return add(client, next);
  }

  std::optional<int> add(Client& client, Tree& next) {
    const auto superior = pick([](const std::string& dn) { return !is_leaf(dn); });
    const auto name = word();
    const auto dn = fmt::format("cn={},{}", name, *superior);
    Attributes held{{"cn", {name}}, {"description", {}}, {"telephoneNumber", {"1"}}};
    for (std::size_t i = below(20) + 1; i > 0; --i)
      held["description"].push_back(word() + std::string(below(400), 'x'));
    std::sort(held["description"].begin(), held["description"].end());
    next[dn] = held;
    held["objectClass"] = {"organizationalRole"};
    return client.add(dn, held);
  }

  std::optional<int> add_branch(Client& client, Tree& next) {
    const auto name = "b" + word();
    const auto dn = fmt::format("ou={},ou={},{}", name, below(2) == 0 ? "left" : "right", base_);
    next[dn] = unit("branch");
    return client.add(dn, {{"objectClass", {"organizationalUnit"}}, {"ou", {name}}, {"description", {"branch"}}});
  }

  // Two attributes that must agree.
  std::optional<int> modify(Client& client, Tree& next) {
    const auto dn = pick(is_leaf);
    if (!dn) return std::nullopt;
    const auto number = std::to_string(random_());
    next[*dn]["telephoneNumber"] = {number};
    next[*dn]["description"] = {number};
    return client.modify(*dn,
                         {{Change::replace, "telephoneNumber", {number}}, {Change::replace, "description", {number}}});
  }

  std::optional<int> rename(Client& client, Tree& next) {
    const auto dn = pick(is_leaf);
    if (!dn) return std::nullopt;
    const auto name = word();
    auto held = next.extract(*dn);
    held.key() = fmt::format("cn={}{}", name, dn->substr(dn->find(',')));
    held.mapped()["cn"] = {name};
    next.insert(std::move(held));
    return client.rename(*dn, "cn=" + name);
  }

  // Moves a branch with all that is in it to the other side.
  std::optional<int> move(Client& client, Tree& next) {
    const auto dn = pick(is_branch);
    if (!dn) return std::nullopt;
    const auto rdn = dn->substr(0, dn->find(','));
    const bool is_left = dn->find("ou=left") != std::string::npos;
    const auto superior = fmt::format("ou={},{}", is_left ? "right" : "left", base_);
    for (const auto& [old, held] : known_) {
      if (old != *dn && !old.ends_with("," + *dn)) continue;
      next.erase(old);
      next[fmt::format("{}{},{}", old.substr(0, old.size() - dn->size()), rdn, superior)] = held;
    }
    return client.rename(*dn, rdn, superior);
  }

  std::optional<int> remove(Client& client, Tree& next) {
    const auto dn = pick(is_leaf);
    if (!dn) return std::nullopt;
    next.erase(*dn);
    return client.remove(*dn);
  }

  const std::string base_;
  std::mt19937 random_;
  Tree known_;
  std::optional<Tree> unsure_;  // what it is if the change without an answer was made
  std::string trouble_;
};

class CrashTest : public testing::Test {
 protected:
  // Lets the writers work until so many changes are acknowledged and kills the server. Returns how many there were.
  std::size_t run_and_kill(std::size_t acknowledgements) {
    server_.start();
    Tally tally;
    std::vector<std::jthread> threads;
    for (auto& writer : writers_) threads.emplace_back([&] { writer.write(server_, tally); });
    EXPECT_TRUE(tally.await(acknowledgements)) << "the server does not get on";
    ::kill(server_.pid(), SIGKILL);
    threads.clear();
    server_.kill9();
    return tally.count();
  }

  void expect_nothing_lost() {
    EXPECT_EQ(server_.check(), "");
    server_.start();
    auto client = server_.root_client();
    for (auto& writer : writers_) {
      SCOPED_TRACE(writer.base());
      EXPECT_EQ(writer.trouble(), "");
      writer.verify(client);
    }
    server_.kill9();
  }

  // Kills it at a moment of its start.
  void kill_at_start(std::chrono::milliseconds after) {
    support::Process process({support::replserver_program(), "serve", "-f", server_.config_file()},
                             {.stdout_file = server_.directory() / "log", .stderr_file = server_.directory() / "log"});
    process.wait(after);
    process.signal(SIGKILL);
    process.wait(std::chrono::seconds(10));
  }

  Replserver server_{{.durability = "full"}};
  std::vector<Writer> writers_;
};

TEST_F(CrashTest, NothingAcknowledgedIsLost) {
  std::mt19937 random(std::random_device{}());
  const auto seed = random();
  SCOPED_TRACE(seed);
  random.seed(seed);
  std::string ldif = people(0);
  for (std::size_t i = 0; i < writers; ++i) {
    writers_.emplace_back(fmt::format("ou=writer{},dc=example,dc=com", i), static_cast<unsigned>(random()));
    ldif += writers_.back().ldif();
  }
  server_.load(ldif);
  std::size_t changes = 0;
  for (int round = 0; round < rounds(6) && !HasFailure(); ++round) {
    constexpr int every = 5;
    constexpr unsigned longest_start = 60;  // milliseconds
    if (round % every == every - 1) kill_at_start(std::chrono::milliseconds(random() % longest_start));
    constexpr unsigned most = 400;
    changes += run_and_kill(random() % most + 1);
    expect_nothing_lost();
  }
  RecordProperty("acknowledged", static_cast<int>(changes));
  fmt::print("{} rounds, {} acknowledged changes\n", rounds(6), changes);
}

}  // namespace
}  // namespace replkit::replserver_test
