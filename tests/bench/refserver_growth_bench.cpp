// What a store keeps for replication: bytes for each entry, by what has happened to it. Sizes are those of compact
// copies. usage: refserver_growth_bench FOLDER [ENTRIES]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.hpp"
#include "tests/refserver/replication/harvest.hpp"
#include "tests/refserver/replication/purge.hpp"
#include "tests/refserver/replication/reconcile.hpp"

namespace {

using namespace replkit;
using namespace replkit::refserver;
using namespace replkit::refserver::replication;
using ldup::Primitive;

constexpr std::size_t batch = 256;

class Growth {
 public:
  Growth(std::filesystem::path folder, std::size_t count) : folder_(std::move(folder)), count_(count) {
    std::filesystem::create_directories(folder_);
  }

  void run() {
    fmt::print("{} entries. Bytes that each takes more:            before and after purging\n", count_);
    measure("added by one replica", [] {});
    measure("one attribute replaced", [&] { replace("telephoneNumber", 0, 1); });
    measure("the same attribute replaced 100 times", [&] { replace("telephoneNumber", 0, 100); });
    measure("5 attributes replaced", [&] { replace_some(1); });
    measure("5 attributes replaced, each at another replica", [&] { replace_some(5); });
    measure("10 values added and removed", [&] { come_and_go(10); });
    measure("100 values added and removed", [&] { come_and_go(100); });
    measure("renamed 10 times", [&] { rename(10); });
    measure("deleted", [&] {
      for (std::size_t i = 0; i < count_; ++i) push(i, Primitive::Kind::remove_entry, 0);
      flush();
    });
  }

 private:
  ldup::Csn next_csn(int replica) {
    time_ += std::chrono::microseconds(1);
    return {time_, 0, "r" + std::to_string(replica), 0};
  }

  Primitive& push(std::size_t entry, Primitive::Kind kind, int replica) {
    if (updates_.empty() || updates_.back().entry != uuids_[entry]) {
      if (updates_.size() == batch) flush();
      updates_.push_back({uuids_[entry], {}});
    }
    auto& out = updates_.back().primitives.emplace_back();
    out.kind = kind;
    out.csn = next_csn(replica);
    return out;
  }

  void push(std::size_t entry, Primitive::Kind kind, int replica, const char* type, std::string value) {
    auto& out = push(entry, kind, replica);
    out.type = type;
    out.value = std::move(value);
  }

  void flush() {
    store_->apply([&](store::Writer& writer) {
      Reconciler reconciler(writer, schema_, area_, {});
      for (const auto& update : updates_) reconciler.apply(update);
    });
    updates_.clear();
  }

  void make_store() {
    store_.reset();
    store_ = open("store");
    uuids_.clear();
    for (std::size_t i = 0; i < count_; ++i) uuids_.push_back(model::Uuid::random());
  }

  void add_all() {
    make_store();
    updates_.push_back({area_.root, {}});
    auto& top = updates_.back().primitives.emplace_back();
    top.kind = Primitive::Kind::add_entry;
    top.csn = next_csn(0);
    top.rdn = area_.root_dn;
    push_class("domain");
    flush();
    for (std::size_t i = 0; i < count_; ++i) {
      auto& add = push(i, Primitive::Kind::add_entry, 0);
      add.superior = area_.root;
      add.rdn = "uid=" + user(i);
      for (const char* each : {"top", "person", "organizationalPerson", "inetOrgPerson"}) push_class(each);
      const auto number = std::to_string(i);
      const auto value = [&](const char* type, std::string text) {
        push(i, Primitive::Kind::add_value, 0, type, std::move(text));
      };
      value("cn", "First Last" + number);
      value("sn", "Last" + number);
      value("givenName", "First");
      value("mail", "user" + number + "@example.com");
      value("telephoneNumber", "+1 408 555 " + number);
      value("title", "Engineer");
      value("l", "Lisboa");
    }
    flush();
  }

  void push_class(const char* name) {
    auto& out = updates_.back().primitives.emplace_back();
    out.kind = Primitive::Kind::add_value;
    out.csn = next_csn(0);
    out.type = "objectClass";
    out.value = name;
  }

  void replace(const char* type, int replica, int times) {
    for (int round = 0; round < times; ++round) {
      for (std::size_t i = 0; i < count_; ++i) {
        push(i, Primitive::Kind::remove_attribute, replica).type = type;
        push(i, Primitive::Kind::add_value, replica, type, fmt::format("value {:06}", ++values_ % 1'000'000));
      }
      flush();
    }
  }

  void come_and_go(int values) {
    for (int value = 0; value < values; ++value) {
      const auto text = fmt::format("room {:04}", value);
      for (std::size_t i = 0; i < count_; ++i) push(i, Primitive::Kind::add_value, 0, "roomNumber", text);
      flush();
      for (std::size_t i = 0; i < count_; ++i) push(i, Primitive::Kind::remove_value, 0, "roomNumber", text);
      flush();
    }
  }

  void replace_some(int replicas) {
    const char* attributes[] = {"mail", "telephoneNumber", "title", "l", "givenName"};
    for (int i = 0; i < 5; ++i) replace(attributes[i], i % replicas, 1);
  }

  // The values of the old names go.
  void rename(int times) {
    const auto name = [](int round, std::size_t i) { return fmt::format("name{:02}-{:06}", round, i); };
    for (int round = 0; round < times; ++round) {
      for (std::size_t i = 0; i < count_; ++i) {
        push(i, Primitive::Kind::rename_entry, 0).rdn = "uid=" + name(round, i);
        push(i, Primitive::Kind::remove_value, 0, "uid", round == 0 ? user(i) : name(round - 1, i));
      }
      flush();
    }
  }

  static std::string user(std::size_t i) { return "user" + std::to_string(i); }

  void purge_all() {
    const ldup::Csn bound(time_ + std::chrono::seconds(1), 0, {}, 0);
    std::vector<store::EntryId> found;
    store::EntryId after = store::no_entry;
    for (bool more = true; more;) {
      more = find_purgeable(*store_->snapshot(), schema_.model(), area_, bound, after, 10'000, found);
    }
    for (std::size_t first = 0; first < found.size(); first += batch) {
      store_->apply([&](store::Writer& writer) {
        const auto some = std::span(found).subspan(first, std::min(batch, found.size() - first));
        purge(writer, schema_.model(), area_, bound, some);
      });
    }
  }

  std::unique_ptr<store::Store> open(const char* name) const {
    std::filesystem::remove_all(folder_ / name);
    return std::make_unique<store::Store>(store::StoreOptions{.directory = folder_ / name,
                                                              .durability = store::Durability::none,
                                                              .indexes = {{"uid", false, true, false}},
                                                              .replica_id = "r0"},
                                          schema_, system_clock());
  }

  // Of a store into which the same entries are put anew: pages that have been in use are not full.
  double bytes_each() const {
    const auto snapshot = store_->snapshot();
    const auto fresh = open("fresh");
    store::EntryId after = store::no_entry, top = store::no_entry;
    for (bool more = true; more;) {
      std::vector<store::EntryId> ids;
      more = snapshot->entries(after, batch, ids);
      if (!ids.empty()) after = ids.back();
      fresh->apply([&](store::Writer& writer) {
        for (const auto id : ids) {
          auto entry = *snapshot->load(id);
          entry.id = store::no_entry;
          const bool is_top = entry.superior == store::no_entry;
          if (!is_top) entry.superior = top;
          const auto put = writer.put(entry);
          if (is_top) top = put;
        }
      });
    }
    const auto copy = folder_ / "copy";
    std::filesystem::create_directory(copy);
    fresh->backup(copy);
    std::uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(copy)) bytes += file.file_size();
    std::filesystem::remove_all(copy);
    return static_cast<double>(bytes) / static_cast<double>(count_);
  }

  void measure(const std::string& what, const std::function<void()>& change) {
    add_all();
    if (added_ == 0) {
      added_ = bytes_each();
      return fmt::print("{:<50} {:>+8.0f}\n", what, added_);
    }
    change();
    const auto changed = bytes_each();
    purge_all();
    fmt::print("{:<50} {:>+8.0f} {:>+8.0f}\n", what, changed - added_, bytes_each() - added_);
  }

  std::filesystem::path folder_;
  std::size_t count_;
  schema::Schema schema_ = schema::Schema::load({"core", "cosine", "inetorgperson"});
  std::unique_ptr<store::Store> store_;
  Area area_{model::Uuid::random(), "dc=example", {}, {}};
  std::vector<model::Uuid> uuids_;
  std::vector<ldup::EntryUpdate> updates_;
  Instant time_ = system_clock().now() - std::chrono::hours(1);
  std::size_t values_ = 0;
  double added_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 3;
  try {
    Growth(argv[1], argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 5'000).run();
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 70;
  }
}
