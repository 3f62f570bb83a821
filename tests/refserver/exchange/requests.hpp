// The extended operations of replication: who may ask for what, and what then happens.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/ldup/cycle.hpp"
#include "common/ldup/session.hpp"
#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/operation.hpp"
#include "tests/refserver/directory/worker_pool.hpp"
#include "tests/refserver/exchange/answering.hpp"
#include "tests/refserver/exchange/consumer.hpp"
#include "tests/refserver/exchange/core.hpp"
#include "tests/refserver/exchange/cycles.hpp"
#include "tests/refserver/exchange/offline_file.hpp"
#include "tests/refserver/exchange/scheduler.hpp"

namespace replkit::refserver::exchange {

class Requests {
 public:
  Requests(Core& core, Cycles& cycles, Consumers& consumers, Scheduler& scheduler);

  // Begin one operation each. Throw protocol::Refusal and protocol::ProtocolError.
  std::unique_ptr<directory::Operation> create_group(const directory::Call& call, directory::Wake wake);
  std::unique_ptr<directory::Operation> end_group(const directory::Call& call, directory::Wake wake);
  std::unique_ptr<directory::Operation> update(const directory::Call& call, directory::Wake wake);
  std::unique_ptr<directory::Operation> trigger(const directory::Call& call, directory::Wake wake);
  std::unique_ptr<directory::Operation> terminate(const directory::Call& call, directory::Wake wake);

  // Cuts off requests to other replicas that wait.
  void stop() { cancel_.request(); }

 private:
  struct Target {
    LocalAreaPtr area;
    const ldup::Replica* replica;
  };

  std::unique_ptr<directory::Operation> ask_for_supply(const directory::Call& call, const LocalAreaPtr& area,
                                                       const ldup::CreateReplGroupRequest& request,
                                                       directory::Wake wake);
  Target find_target(const directory::Call& call, const std::string& dn, const std::string& uri) const;
  std::filesystem::path offline_path(const ldup::TriggerReplicationRequest& request) const;
  std::unique_ptr<directory::Operation> write_file(const directory::Call& call, const Target& target,
                                                   const ldup::TriggerReplicationRequest& request,
                                                   directory::Wake wake);
  void fill(const LocalAreaPtr& area, const Partner& partner, OfflineWriter& file, const std::string& id);
  std::unique_ptr<directory::Operation> load_file(const directory::Call& call, const Target& target,
                                                  const ldup::TriggerReplicationRequest& request, directory::Wake wake);
  void supply(const Target& target, const ldup::TriggerReplicationRequest& request, bool then_ask,
              const std::shared_ptr<Answer>& answer);
  void ask(const Target& target, const ldup::TriggerReplicationRequest& request, const std::shared_ptr<Answer>& answer);

  Core& core_;
  Cycles& cycles_;
  Consumers& consumers_;
  Scheduler& scheduler_;
  CancelToken cancel_;
  directory::WorkerPool pool_;  // asks other replicas
};

}  // namespace replkit::refserver::exchange
