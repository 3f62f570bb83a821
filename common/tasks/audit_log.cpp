#include "common/tasks/audit_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "common/base/error.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/model/uuid.hpp"

namespace replkit::tasks {

namespace {

constexpr std::array verbs{"add", "delete", "modify", "rename"};

std::string local_user() {
  const auto uid = getuid();
  const passwd* entry = getpwuid(uid);  // NOLINT(concurrency-mt-unsafe): once, before anything runs beside it
  return fmt::format("{} ({})", entry != nullptr ? entry->pw_name : "?", uid);
}

std::string local_host() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "?";
}

std::string ldif_of(const model::ChangeRecord& record) {
  std::string out;
  model::LdifWriter([&](std::string_view text) { out += text; }, 0).change(without_secrets(record));
  return out;
}

}  // namespace

Actor current_actor(std::string command) {
  return {
      .command = std::move(command), .user = local_user(), .host = local_host(), .run = model::Uuid::random().text()};
}

std::filesystem::path state_directory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value != nullptr ? value : "");
  };
  if (const auto state = variable("XDG_STATE_HOME"); state.is_absolute()) return state / "replkit";
  if (const auto home = variable("HOME"); !home.empty()) return home / ".local/state/replkit";
  throw UsageError("where do records go? --audit FILE, or the variable XDG_STATE_HOME or HOME, would tell");
}

void make_private_folder(const std::filesystem::path& folder) {
  if (folder.empty() || std::filesystem::exists(folder)) return;
  std::error_code problem;
  std::filesystem::create_directories(folder.parent_path(), problem);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw LocalError(fmt::format("{}: cannot make the folder: {}", folder.string(), last_error_text()));
  }
}

AuditLog::AuditLog(const std::filesystem::path& file, Actor actor, const Clock& clock)
    : file_(file), actor_(std::move(actor)), clock_(clock) {
  make_private_folder(file_.parent_path());
  fd_ = open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd_ < 0) throw LocalError(fmt::format("{}: cannot write the audit file: {}", file_.string(), last_error_text()));
}

AuditLog::~AuditLog() {
  close(fd_);
}

void AuditLog::write(const Step& step, const std::string& uri, const std::string& identity, std::string_view state,
                     const std::string& text) {
  write_line({{"server", uri},
              {"identity", identity},
              {"operation", verbs.at(step.change.change.index())},
              {"dn", step.change.dn},
              {"what", step.what},
              {"ldif", ldif_of(step.change)},
              {"state", state}},
             text);
}

void AuditLog::write(const std::string& operation, const std::string& dn, const std::string& text_of_request,
                     const std::string& uri, const std::string& identity, std::string_view state,
                     const std::string& text) {
  write_line({{"server", uri},
              {"identity", identity},
              {"operation", operation},
              {"dn", dn},
              {"what", text_of_request},
              {"state", state}},
             text);
}

void AuditLog::write_line(nlohmann::json line, const std::string& text) {
  line.update({{"time", format_utc(clock_.now())},
               {"run", actor_.run},
               {"command", actor_.command},
               {"user", actor_.user},
               {"host", actor_.host}});
  if (!text.empty()) line["text"] = text;
  const auto bytes = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  // One write: lines of several runs do not mix.
  if (::write(fd_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    throw LocalError(fmt::format("{}: cannot write the audit file: {}", file_.string(), last_error_text()));
  }
}

}  // namespace replkit::tasks
