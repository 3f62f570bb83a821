// The writer thread: groups, failures inside them, a map or disk that is full, many submitters.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <future>
#include <mutex>
#include <thread>

#include "common/base/error.hpp"
#include "tests/unit/refserver/store/testing.hpp"

namespace replkit::refserver::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CommitTest : public StoreTest {
 protected:
  CommitTest() { top_ = put(make_entry(no_entry, "o=top")); }

  // Keeps the writer thread busy until go() is called, so that all that is submitted meanwhile comes into one group.
  void hold() {
    std::promise<void> held;
    store().submit(
        [this, &held](Writer&) {
          held.set_value();
          gate_.get_future().wait();
        },
        [](const std::exception_ptr&) {});
    held.get_future().wait();
  }
  void go() { gate_.set_value(); }

  // Submits a change whose end is noted as NAME or NAME!.
  void submit(const std::string& name, Store::Change change) {
    ++submitted_;
    store().submit(std::move(change), [this, name](const std::exception_ptr& error) {
      const std::lock_guard lock(mutex_);
      ends_.push_back(error ? name + "!" : name);
      if (ends_.size() == submitted_) all_.set_value();
    });
  }
  std::vector<std::string> ends() {
    all_.get_future().wait();
    return ends_;
  }
  Store::Change adding(const std::string& rdn) const {
    return [this, rdn](Writer& writer) { writer.put(make_entry(top_, rdn)); };
  }

  EntryId top_ = no_entry;
  std::promise<void> gate_;
  std::promise<void> all_;
  std::mutex mutex_;
  std::size_t submitted_ = 0;
  std::vector<std::string> ends_;
};

TEST_F(CommitTest, ARefusedChangeCostsItsNeighboursNothing) {
  hold();
  std::atomic<int> runs = 0;
  submit("a", [&](Writer& writer) {
    ++runs;
    writer.put(make_entry(top_, "cn=a"));
  });
  submit("b", [](Writer& writer) {
    EXPECT_NE(writer.find("cn=a,o=top"), no_entry) << "in one transaction with a";
    throw UsageError("refused");
  });
  submit("c", [&](Writer& writer) { writer.put(make_entry(top_, "CN=A")); });
  submit("d", adding("cn=d"));
  go();
  EXPECT_THAT(ends(), ElementsAre("a", "b!", "c!", "d"));
  EXPECT_EQ(runs, 1);
  EXPECT_NE(find("cn=a,o=top"), no_entry);
  EXPECT_NE(find("cn=d,o=top"), no_entry);
  expect_sound();
}

TEST_F(CommitTest, WhatWasSubmittedBeforeIsSettled) {
  hold();
  submit("a", adding("cn=a"));
  submit("refused", [](Writer&) { throw UsageError("refused"); });
  auto settled = std::async(std::launch::async, [&] {
    store().settle();
    return find("cn=a,o=top");
  });
  go();
  EXPECT_NE(settled.get(), no_entry);
  EXPECT_THAT(ends(), ElementsAre("a", "refused!"));
}

TEST_F(CommitTest, NothingOfAChangeThatFailsHalfWayIsStored) {
  hold();
  std::atomic<int> runs = 0;
  submit("a", [&](Writer& writer) {
    ++runs;
    writer.put(make_entry(top_, "cn=a"));
  });
  submit("refused", [](Writer&) { throw UsageError("refused"); });
  submit("half", [this](Writer& writer) {
    const auto id = writer.put(make_entry(top_, "cn=half"));
    writer.put(make_entry(id, "cn=below"));
    throw UsageError("half way");
  });
  submit("b", adding("cn=b"));
  submit("half 2", [this](Writer& writer) {
    writer.erase(writer.find("cn=a,o=top"));
    writer.put(make_entry(top_, "cn=b"));  // there is one
  });
  submit("c", adding("cn=c"));
  go();
  EXPECT_THAT(ends(), ElementsAre("a", "refused!", "half!", "b", "half 2!", "c"));
  EXPECT_EQ(runs, 2) << "once in vain, once for good";
  for (const auto* rdn : {"cn=a", "cn=b", "cn=c"}) EXPECT_NE(find(std::string(rdn) + ",o=top"), no_entry) << rdn;
  EXPECT_EQ(find("cn=half,o=top"), no_entry);
  EXPECT_EQ(store().snapshot()->entry_count(), 4U);
  expect_sound();
}

TEST_F(CommitTest, AChangeThatHidesItsFailureFailsAllTheSame) {
  auto entry = make_entry(top_, "cn=a");
  EXPECT_NO_THROW(store().apply([&](Writer& writer) {
    writer.put(entry);
    EXPECT_THROW(writer.put(entry), LocalError) << "refused before its first step: no harm";
  }));
  EXPECT_NE(find("cn=a,o=top"), no_entry);
  expect_sound();
}

TEST_F(CommitTest, ManyChangesFailingHalfWayDoNotStopTheOthers) {
  hold();
  for (int i = 0; i < 300; ++i) {
    const auto name = std::to_string(i);
    submit(name, [this, i, name](Writer& writer) {
      writer.put(make_entry(top_, "cn=" + name));
      if (i % 3 == 0) throw UsageError("half way");
    });
  }
  go();
  const auto found = ends();
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(found[static_cast<std::size_t>(i)], std::to_string(i) + (i % 3 == 0 ? "!" : ""));
    EXPECT_EQ(find("cn=" + std::to_string(i) + ",o=top") == no_entry, i % 3 == 0) << i;
  }
  expect_sound();
}

TEST_F(CommitTest, ADoneChangeIsSeenBySnapshotsTakenThen) {
  std::promise<EntryId> seen;
  store().submit(adding("cn=a"), [&](const std::exception_ptr& error) {
    EXPECT_FALSE(error);
    seen.set_value(store().snapshot()->find("cn=a,o=top"));
  });
  EXPECT_NE(seen.get_future().get(), no_entry);
}

TEST_F(CommitTest, EightThreadsSubmit) {
  constexpr int threads = 8;
  constexpr int changes = 100;
  std::vector<std::thread> running;
  std::mutex mutex;
  std::vector<ldup::Csn> csns;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      for (int i = 0; i < changes; ++i) {
        ldup::Csn csn;
        store().apply([&](Writer& writer) {
          csn = writer.next_csn();
          writer.put(make_entry(top_, "cn=" + std::to_string(t) + "-" + std::to_string(i), {}, csn));
        });
        const std::lock_guard lock(mutex);
        csns.push_back(csn);
      }
    });
  }
  for (auto& thread : running) thread.join();
  EXPECT_EQ(store().snapshot()->entry_count(), 1U + threads * changes);
  const auto newest = *std::max_element(csns.begin(), csns.end());
  EXPECT_EQ(store().snapshot()->last_csn(), newest);
  std::sort(csns.begin(), csns.end());
  EXPECT_EQ(std::adjacent_find(csns.begin(), csns.end()), csns.end()) << "a CSN given twice";
  expect_sound();
}

TEST_F(CommitTest, FinishesWhatWasSubmittedWhenItCloses) {
  std::atomic<int> done = 0;
  for (int i = 0; i < 600; ++i) {
    store().submit(adding("cn=" + std::to_string(i)), [&](const std::exception_ptr& error) { done += error ? 0 : 1; });
  }
  close();
  EXPECT_EQ(done, 600);
  open();
  EXPECT_EQ(store().snapshot()->entry_count(), 601U);
}

TEST_F(CommitTest, TheMapGrows) {
  StoreOptions options;
  options.directory = folder_ / "small";
  options.map_size = 256U << 10;
  open(options);
  const auto top = put(make_entry(no_entry, "o=top"));
  std::atomic<bool> stop = false;
  std::thread reader([&] {  // holds two snapshots at times, for which the growing has to wait
    while (!stop) {
      const auto first = store().snapshot();
      const auto second = store().snapshot();
      LiveEntry live;
      EXPECT_TRUE(first->read(top, live));
      EXPECT_TRUE(second->read(top, live));
    }
  });
  for (int i = 0; i < 40; ++i) {
    put(make_entry(top, "cn=" + std::to_string(i), {{"description", std::string(50'000, 'x')}}));
  }
  store().apply([&](Writer& writer) {  // more than the map several times over, in one
    for (int i = 40; i < 200; ++i) {
      writer.put(make_entry(top, "cn=" + std::to_string(i), {{"description", std::string(50'000, 'x')}}));
    }
  });
  stop = true;
  reader.join();
  EXPECT_EQ(store().snapshot()->entry_count(), 201U);
  expect_sound();
  open(options);
  EXPECT_EQ(store().snapshot()->entry_count(), 201U);
  put(make_entry(top, "cn=more", {{"description", std::string(500'000, 'x')}}));
  expect_sound();
}

// Holds this process to files no longer than the store has now.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(const std::filesystem::path& file) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    auto limit = before_;
    limit.rlim_cur = std::filesystem::file_size(file);
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(CommitTest, AFullDiskFailsEveryChangeOfTheGroupAndNoLaterOne) {
  hold();
  submit("a", [&](Writer& writer) {
    writer.put(make_entry(top_, "cn=a", {{"description", std::string(5'000'000, 'x')}}));
  });
  submit("b", adding("cn=b"));
  {
    const FileSizeLimit limit(folder_ / "store" / "data.mdb");
    go();
    EXPECT_THAT(ends(), ElementsAre("a!", "b!"));
  }
  EXPECT_EQ(find("cn=b,o=top"), no_entry);
  EXPECT_EQ(store().snapshot()->entry_count(), 1U);
  EXPECT_NE(put(make_entry(top_, "cn=b")), no_entry);
  expect_sound();
  open();
  EXPECT_NE(find("cn=b,o=top"), no_entry);
  expect_sound();
}

TEST_F(CommitTest, WithoutDurabilityAllIsThereAfterClosing) {
  StoreOptions options;
  options.directory = folder_ / "import";
  options.durability = Durability::none;
  open(options);
  const auto top = put(make_entry(no_entry, "o=top"));
  for (int i = 0; i < 500; ++i) put(make_entry(top, "cn=" + std::to_string(i)));
  options.durability = Durability::full;
  open(options);
  EXPECT_EQ(store().snapshot()->entry_count(), 501U);
  expect_sound();
}

TEST_F(CommitTest, BacksUpWhileChangesGoOn) {
  store().apply([&](Writer& writer) {
    for (int i = 0; i < 2'000; ++i) writer.put(make_entry(top_, "cn=before" + std::to_string(i)));
  });
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      store().apply([&](Writer& to) {  // two that stand or fall together
        to.put(make_entry(top_, "cn=a" + std::to_string(i)));
        to.put(make_entry(top_, "cn=b" + std::to_string(i)));
      });
    }
  });
  for (int i = 0; i < 5; ++i) store().backup(folder_ / ("backup" + std::to_string(i)));
  stop = true;
  writer.join();
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder_ / "backup0").permissions(), perms::owner_all);
  EXPECT_THROW(store().backup(folder_ / "backup0"), LocalError) << "not empty";
  for (int i = 0; i < 5; ++i) {
    open({.directory = folder_ / ("backup" + std::to_string(i))});
    expect_sound();
    const auto count = store().snapshot()->entry_count();
    EXPECT_GE(count, 2'001U);
    EXPECT_EQ(count % 2, 1U) << "half a change";
    put(make_entry(top_, "cn=new"));
    expect_sound();
  }
}

}  // namespace
}  // namespace replkit::refserver::store
