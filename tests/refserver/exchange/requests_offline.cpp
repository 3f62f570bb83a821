// Full updates by files (draft-ietf-ldup-mrm-02 4.1.1).
#include <fmt/format.h>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/ldup/oids.hpp"
#include "tests/refserver/exchange/outgoing.hpp"
#include "tests/refserver/exchange/requests.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::exchange {

using directory::Call;
using directory::Operation;
using directory::Wake;
using protocol::Refusal;
using protocol::ResultCode;

std::filesystem::path Requests::offline_path(const ldup::TriggerReplicationRequest& request) const {
  if (request.update != ldup::TriggerReplicationRequest::Update::full) {
    throw Refusal(ResultCode::unwilling_to_perform, "files hold full updates");
  }
  const auto& folder = core_.options.offline_directory;
  if (folder.empty()) throw Refusal(ResultCode::unwilling_to_perform, "no folder for offline files is configured");
  if (!is_plain_name(*request.file)) {
    throw Refusal(ResultCode::unwilling_to_perform, "the file must be a plain name in the folder for offline files");
  }
  return folder / *request.file;
}

std::unique_ptr<Operation> Requests::write_file(const Call& call, const Target& target,
                                                const ldup::TriggerReplicationRequest& request, Wake wake) {
  const auto path = offline_path(request);
  const auto& [area, replica] = target;
  if (area->own == nullptr || replica == area->own || area->refreshing) {
    throw Refusal(ResultCode::unwilling_to_perform, "this server has nothing for that replica");
  }
  Partner partner;
  partner.replica = *replica;
  if (const auto* known = area->partner(replica->id)) partner = *known;
  if (!partner.problem.empty()) throw Refusal(ResultCode::unwilling_to_perform, partner.problem);
  std::shared_ptr<OfflineWriter> file;
  try {
    file = std::make_shared<OfflineWriter>(path, core_.replica_id, replica->dn);
  } catch (const LocalError& error) {
    throw Refusal(ResultCode::unwilling_to_perform, error.what());
  }
  const auto answer = answer_to(call, std::move(wake));
  ldup::TriggerReplicationResponse response;
  response.session_id = core_.next_session_id();
  answer->give({}, ldup::encode(response));
  pool_.submit([this, area = area, partner, file, id = *response.session_id] { fill(area, partner, *file, id); });
  return waiting_for(answer);
}

void Requests::fill(const LocalAreaPtr& area, const Partner& partner, OfflineWriter& file, const std::string& id) {
  SessionRecord record;
  record.id = id;
  record.area = area->root_dn();
  record.partner = partner.replica.id;
  record.peer = file.name();
  record.kind = SessionKind::offline;
  record.reason = "triggered";
  record.started = core_.clock.now();
  try {
    Outgoing source(core_, area, partner, true, {});
    while (const auto update = source.next()) {
      cancel_.check();
      file.write(*update);
      ++record.updates;
      record.primitives += update->primitives.size();
    }
    file.finish(source.vector());
  } catch (const std::exception& error) {
    record.result = "failure";
    record.text = error.what();
    core_.log(LogLevel::error, fmt::format("{}: {}", file.name(), error.what()));
  }
  record.ended = core_.clock.now();
  core_.history.write(record);
}

std::unique_ptr<Operation> Requests::load_file(const Call& call, const Target& target,
                                               const ldup::TriggerReplicationRequest& request, Wake wake) {
  const auto path = offline_path(request);
  const auto& [area, replica] = target;
  if (area->own == nullptr || replica != area->own) {
    throw Refusal(ResultCode::unwilling_to_perform, "only this server's own replica is filled from a file");
  }
  if (cycles_.is_busy(area->root()) || consumers_.is_busy(area->root())) {
    throw Refusal(ResultCode::busy, "a session of this area is under way");
  }
  std::unique_ptr<OfflineReader> file;
  try {
    file = std::make_unique<OfflineReader>(path);
  } catch (const Error& error) {
    throw Refusal(ResultCode::unwilling_to_perform, error.what());
  }
  const auto& header = file->header();
  std::string key;
  const bool is_dn = model::normalize_dn(header.area, core_.schema.model(), key);
  const auto named = is_dn ? core_.areas()->named(key) : nullptr;
  const bool full = header.protocol_oid == ldup::oid::full_update_protocol;
  if (!full || !named || named->root() != area->root() || area->model.replica(header.replica_id) == nullptr ||
      header.replica_id == core_.replica_id) {
    throw Refusal(ResultCode::unwilling_to_perform, "the file holds no full update of this area from another replica");
  }
  // What another replica is to have may be less.
  if (area->model.replica(key) != area->own) {
    throw Refusal(ResultCode::unwilling_to_perform,
                  fmt::format("the file is for {}: have one written for {}", printable(header.area), area->own->dn));
  }
  const auto answer = answer_to(call, std::move(wake));
  consumers_.load(area, header.replica_id, std::move(file), answer);
  return waiting_for(answer);
}

}  // namespace replkit::refserver::exchange
