// A session in which this server supplies another replica (draft-ietf-ldup-protocol-05), apart from how the two are
// connected and from where the updates come.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/ldup/csn.hpp"
#include "common/ldup/primitive.hpp"
#include "common/ldup/session.hpp"

namespace replkit::refserver::exchange {

// The way to a consumer. Everything throws Error when it is lost.
class ConsumerPort {
 public:
  struct Message {
    int id = 0;  // what send() returned; 0: unsolicited
    int code = 0;
    std::string diagnostic;
    std::string oid;
    std::optional<std::string> value;
  };

  virtual ~ConsumerPort() = default;

  // Sends an extended request; with a cookie in that group. Returns its number.
  virtual int send(std::string_view oid, const std::string& value, const std::string& cookie) = 0;
  // Returns the next message; nothing when none came in time.
  virtual std::optional<Message> receive(std::chrono::milliseconds patience) = 0;
};

// What is to be sent.
class UpdateSource {
 public:
  virtual ~UpdateSource() = default;

  // Returns one update after the other, and nothing at the end of what goes into one session.
  virtual std::optional<ldup::EntryUpdate> next() = 0;
  // Returns all that is known of an entry's superiors and of itself, in this order, whatever the consumer's vector
  // covers.
  virtual std::vector<ldup::EntryUpdate> whole(const model::Uuid& entry) = 0;
  // Returns what the consumer holds at the end of the session besides what it did.
  virtual ldup::UpdateVector vector() const = 0;
};

struct SupplierOptions {
  std::size_t window = 64;                                          // updates ahead of their answers
  std::chrono::milliseconds answer_time = std::chrono::minutes(1);  // silence of the consumer
  std::chrono::milliseconds begin_time = std::chrono::minutes(30);  // while it removes what it has, for a full update
  std::chrono::milliseconds stop_time = std::chrono::seconds(2);    // silence, once the session has been stopped
};

struct SupplierOutcome {
  enum class Kind : std::uint8_t { success, busy, failed, terminated };

  Kind kind = Kind::failed;
  int code = 0;  // result code of LDAP; 0 when there is none
  std::string text;
  std::uint64_t updates = 0;
  std::uint64_t primitives = 0;
  std::optional<ldup::UpdateVector> consumer;  // its vector, the last that it told
};

class SupplierSession {
 public:
  // All must outlive it. `stop` set by anyone ends the session between two updates, and, when the consumer is silent
  // then, with Cancelled: the connection is of no more use.
  SupplierSession(ConsumerPort& port, const SupplierOptions& options, const std::atomic<bool>& stop)
      : port_(port), options_(options), stop_(stop) {}

  // Asks for a session. Returns whether the consumer takes one; outcome() then has its vector, or else why not.
  bool begin(const ldup::CreateReplGroupRequest& request);

  // Sends everything and ends the session, after which another one may be begun. Entries that the consumer does not
  // know, though its vector says so, are sent whole.
  void run(UpdateSource& source);

  const SupplierOutcome& outcome() const { return outcome_; }

 private:
  void send_all(UpdateSource& source);
  void send(const ldup::EntryUpdate& update);
  void take_answers(std::size_t most_outstanding);
  void take(const ConsumerPort::Message& message);
  std::optional<ConsumerPort::Message> receive(std::chrono::milliseconds patience);
  std::optional<ConsumerPort::Message> wait_for(int id, std::chrono::milliseconds limit);
  // Returns whether the session is over: the consumer may still want entries.
  bool end(const std::optional<ldup::UpdateVector>& vector);
  void fail(SupplierOutcome::Kind kind, int code, std::string text);

  ConsumerPort& port_;
  const SupplierOptions& options_;
  const std::atomic<bool>& stop_;
  SupplierOutcome outcome_;
  std::string cookie_;
  std::map<int, model::Uuid> outstanding_;  // the entries of updates without an answer, by its number
  std::vector<model::Uuid> wanted_;         // whole
  std::set<model::Uuid> sent_whole_;
  bool failed_ = false;
  bool aborted_ = false;  // the consumer wants the connection closed at once
  std::optional<std::chrono::steady_clock::time_point> quiet_since_;  // after it was stopped
};

}  // namespace replkit::refserver::exchange
