#include "tests/refserver/exchange/offline_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/ldup/grouping.hpp"
#include "common/ldup/oids.hpp"
#include "common/ldup/replication_update.hpp"
#include "tests/refserver/protocol/client.hpp"
#include "tests/refserver/protocol/decode.hpp"
#include "tests/refserver/store/replacement.hpp"

namespace replkit::refserver::exchange {

namespace {

const std::string cookie = "file";  // readers ignore it
constexpr std::size_t largest_message = std::size_t{256} << 20;

}  // namespace

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' && name.find('/') == name.npos &&
         is_printable_utf8(name);
}

// --- Writing ---

OfflineWriter::OfflineWriter(std::filesystem::path path, const std::string& replica_id, const std::string& area)
    : path_(std::move(path)) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(path_, ignored))) {
    errno = EEXIST;
    fail();
  }
  const int fd = ::open(path_.parent_path().c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
  if (fd < 0) fail();
  file_.reset(::fdopen(fd, "wb"));
  if (!file_) {
    ::close(fd);
    fail();
  }
  protocol::BindRequest bind;
  bind.authentication = Secret();
  put(std::move(bind));
  const ldup::CreateReplGroupRequest header{.area = area,
                                            .replica_id = replica_id,
                                            .protocol_oid = std::string(ldup::oid::full_update_protocol),
                                            .initiator = ldup::Initiator::supplier,
                                            .replica_ids = {}};
  const ldup::CreateGroupingRequest group{.type = std::string(ldup::oid::replication_grouping),
                                          .value = ldup::encode(header)};
  put(protocol::ExtendedRequest{.oid = std::string(ldup::oid::create_grouping), .value = ldup::encode(group)});
}

void OfflineWriter::fail() const {
  throw LocalError(printable(path_.filename().string()) + ": " + last_error_text());
}

void OfflineWriter::put(protocol::Request request, bool grouped) {
  protocol::RequestMessage message;
  message.id = ++id_;
  if (id_ == wire::max_int) id_ = 0;
  message.request = std::move(request);
  if (grouped) {
    message.controls.push_back({std::string(ldup::oid::grouping_control), true,
                                ldup::encode(ldup::GroupingControl{.cookie = cookie, .value = {}})});
  }
  const auto bytes = protocol::encode_request(message);
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) fail();
}

void OfflineWriter::write(const ldup::EntryUpdate& update) {
  put(protocol::ExtendedRequest{.oid = std::string(ldup::oid::replication_update), .value = ldup::encode(update)},
      true);
}

void OfflineWriter::finish(const ldup::UpdateVector& vector) {
  const ldup::EndReplGroupRequest end{.return_vector = false, .vector = vector};
  const ldup::EndGroupingRequest group{.cookie = cookie, .value = ldup::encode(end)};
  put(protocol::ExtendedRequest{.oid = std::string(ldup::oid::end_grouping), .value = ldup::encode(group)});
  put(protocol::UnbindRequest());
  const int fd = ::fileno(file_.get());
  if (std::fflush(file_.get()) != 0 || ::fsync(fd) != 0) fail();
  const auto unnamed = fmt::format("/proc/self/fd/{}", fd);
  if (::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) != 0) fail();
  store::sync(path_.parent_path());
}

// --- Reading ---

OfflineReader::OfflineReader(std::filesystem::path path) : path_(std::move(path)) {
  // Not to wait for what a pipe never brings.
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) fail(last_error_text());
  file_.reset(::fdopen(fd, "rb"));
  if (!file_) {
    ::close(fd);
    fail(last_error_text());
  }
  struct stat status = {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) fail("it is no regular file");
  try {
    if (!std::holds_alternative<protocol::BindRequest>(message().request)) fail("it does not begin with a bind");
    const auto second = message();
    const auto* request = std::get_if<protocol::ExtendedRequest>(&second.request);
    if (request == nullptr || request->oid != ldup::oid::create_grouping) fail("it begins no session");
    const auto group = ldup::decode_create_grouping_request(request->value.value_or(""));
    if (group.type != ldup::oid::replication_grouping || !group.value) fail("it begins no session of replication");
    header_ = ldup::decode_create_repl_group_request(*group.value);
  } catch (const wire::ProtocolError& error) {
    fail(error.what());
  }
}

void OfflineReader::fail(const std::string& problem) const {
  throw LocalError(printable(path_.filename().string()) + ": " + problem);
}

protocol::RequestMessage OfflineReader::message() {
  // Tag and length take two to six bytes here, and no message is shorter than seven.
  std::string bytes(7, '\0');
  if (std::fread(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) fail("it is cut off");
  const auto length = protocol::frame_length(bytes, largest_message);
  if (!length || *length < bytes.size()) fail("what is in it is no LDAP message");
  const auto head = bytes.size();
  bytes.resize(*length);
  if (std::fread(bytes.data() + head, 1, *length - head, file_.get()) != *length - head) fail("it is cut off");
  return protocol::decode_request(bytes);
}

std::optional<std::string> OfflineReader::next() {
  try {
    auto received = message();
    auto* request = std::get_if<protocol::ExtendedRequest>(&received.request);
    if (request != nullptr && request->oid == ldup::oid::replication_update) return request->value.value_or("");
    if (request == nullptr || request->oid != ldup::oid::end_grouping) fail("what is in it is no session");
    const auto group = ldup::decode_end_grouping_request(request->value.value_or(""));
    const auto end = ldup::decode_end_repl_group_request(group.value.value_or(""));
    if (!end.vector) fail("it has no update vector");
    vector_ = *end.vector;
    return std::nullopt;
  } catch (const wire::ProtocolError& error) {
    fail(error.what());
  }
}

}  // namespace replkit::refserver::exchange
