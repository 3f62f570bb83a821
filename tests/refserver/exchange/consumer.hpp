// Sessions in which another replica supplies this server (draft-ietf-ldup-protocol-05): each has a connection of its
// own, and an area at a time has one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/ldup/replication_update.hpp"
#include "common/ldup/session.hpp"
#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/operation.hpp"
#include "tests/refserver/directory/worker_pool.hpp"
#include "tests/refserver/exchange/answering.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/exchange/offline_file.hpp"
#include "tests/refserver/replication/reconcile.hpp"

namespace replkit::refserver::exchange {

// Of this replica and the one that asks for a session, which are other entries for that one: those that have never been
// here, with what they are here.
std::map<model::Uuid, model::Uuid> made_anew(const Core& core, const LocalArea& area,
                                             const ldup::CreateReplGroupRequest& request);

// What is said to one that has set up its entries by itself. Not with unwillingToPerform: suppliers take that for a
// replica that waits, and fill it.
inline constexpr const char* set_up_apart =
    "these two replicas were set up apart, their entries are not the same (or were made anew before one had anything "
    "of the other): have one of them filled by a full update from the other";

// One such session. What the store's writer thread does with it happens in the order of the requests.
struct ConsumerSession {
  std::string id;
  std::string cookie;
  std::uint64_t connection = 0;
  LocalAreaPtr area;
  ldup::UpdateVector vector;                // this replica's when it began; of no interest for a full update
  std::set<model::Uuid> lacking;            // the writer thread's: entries that have still to come whole
  std::map<model::Uuid, model::Uuid> anew;  // made_anew()
  Area scope;  // the writer thread's; in a full update the root is the one that the supplier has
  std::string partner;
  bool full = false;

  // The writer thread's: how many updates were not applied that are of another area here, and what is said of the
  // first.
  std::size_t elsewhere = 0;
  std::string first_elsewhere;

  // Set by the writer thread: what came before has not been applied, so that the vector must not be raised.
  std::atomic<bool> failed{false};

  // Guarded by Consumers' mutex.
  SessionRecord record;
  std::uint32_t news = 0;         // for other replicas, but for update vectors
  std::uint64_t corrections = 0;  // changes of this replica's own
  std::size_t outstanding = 0;    // updates on their way to the disk
  Instant active;                 // when it last did something
  bool stopped = false;           // by someone here: no more updates
  bool wiping = false;            // its area's old content is being removed, which counts as outstanding
  bool closing = false;           // ended; what is outstanding is still waited for
  bool vector_raised = false;
  std::string problem;          // with the first update that was not applied
  std::set<model::Uuid> asked;  // entries that the supplier has still to send whole
};

class Consumers {
 public:
  explicit Consumers(Core& core);
  // Waits for what is under way.
  ~Consumers();
  Consumers(const Consumers&) = delete;
  Consumers& operator=(const Consumers&) = delete;

  // Begin the operations of a supplier, each answered in its time. Throw protocol::Refusal and
  // protocol::ProtocolError. `oid` is that of the answer.
  std::unique_ptr<directory::Operation> create(const directory::Call& call, const LocalAreaPtr& area,
                                               const ldup::CreateReplGroupRequest& request, directory::Wake wake);
  std::unique_ptr<directory::Operation> update(const directory::Call& call, const std::string& cookie,
                                               directory::Wake wake);
  std::unique_ptr<directory::Operation> end(const directory::Call& call, directory::Wake wake);

  // Reads the file through, answers whether it is whole, and replaces the content of the area by what it has, all in
  // the background. Throws protocol::Refusal (busy).
  void load(const LocalAreaPtr& area, const std::string& supplier, std::unique_ptr<OfflineReader> file,
            std::shared_ptr<Answer> answer);

  // Whether the connection belongs to a session.
  bool is_grouped(std::uint64_t connection) const;
  // Whether an area has a session now.
  bool is_busy(const model::Uuid& root) const;
  // Whether a full update of the area is under way here.
  bool is_refreshing(const model::Uuid& root) const;
  // The connection has ended: so has its session.
  void forget(std::uint64_t connection);
  // Stops the sessions of the area with this partner between two updates; returns how many.
  std::int32_t terminate(const model::Uuid& root, const std::string& partner);
  // Gives up sessions whose supplier has been silent for too long.
  void expire(Instant now);
  // Stops all.
  void stop();

 private:
  using SessionPtr = std::shared_ptr<ConsumerSession>;

  using EndDone = std::function<void(const std::exception_ptr&, const ldup::UpdateVector&)>;

  void begin(const SessionPtr& session, const std::shared_ptr<Answer>& answer);
  void begin_full(const SessionPtr& session);
  void load(const SessionPtr& session, OfflineReader& file, Answer& answer);
  // Called with the mutex held; `done` on the store's writer thread.
  void push_update(const SessionPtr& session, std::string_view value,
                   std::function<void(const std::exception_ptr&)> done);
  void push_end(const SessionPtr& session, const ldup::EndReplGroupRequest& wanted, EndDone done);
  SessionPtr of_connection(std::uint64_t connection) const;
  SessionPtr require(const directory::Call& call, const std::string& cookie);
  void submit(const SessionPtr& session, store::Store::Change change, std::function<void(std::exception_ptr)> done);
  void report(ConsumerSession& session, const std::exception_ptr& error);
  void check_time(const ldup::Csn& csn) const;
  static void check_anew(const store::Reader& reader, const ConsumerSession& session, const ldup::EntryUpdate& update);
  // What to do when the session's next update names an entry nobody here knows. Called with the mutex held.
  replication::UnknownEntry policy(ConsumerSession& session, const model::Uuid& entry) const;
  // Called with the mutex held.
  void close(const SessionPtr& session, const std::string& result, int code, const std::string& text);
  void release(const SessionPtr& session);

  Core& core_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::map<std::uint64_t, SessionPtr> by_connection_;
  std::map<model::Uuid, SessionPtr> by_area_;
  std::size_t waiting_ = 0;
  std::size_t outstanding_ = 0;  // changes on their way to the disk
  bool stopping_ = false;
  directory::WorkerPool pool_;  // the last: its threads use the rest
};

}  // namespace replkit::refserver::exchange
