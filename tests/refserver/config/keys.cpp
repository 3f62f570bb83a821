#include "tests/refserver/config/keys.hpp"

#include <fmt/format.h>

#include <limits>

#include "common/base/error.hpp"
#include "common/base/nearest.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/ldap_url.hpp"
#include "tests/refserver/session/endpoint.hpp"

namespace replkit::refserver::config {

namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 40;

Key text_key(std::string name, std::string& target) {
  return {std::move(name), [&target](const Value& value) { target = value.text(); },
          [&target] { return target.empty() ? std::string() : toml_text(target); }};
}

Key path_key(std::string name, std::filesystem::path& target) {
  return {std::move(name), [&target](const Value& value) { target = value.path(); },
          [&target] { return target.empty() ? std::string() : toml_text(target.string()); }};
}

Key flag_key(std::string name, bool& target) {
  return {std::move(name), [&target](const Value& value) { target = value.flag(); },
          [&target] { return std::string(target ? "true" : "false"); }};
}

template <typename T>
Key number_key(std::string name, T& target, std::uint64_t least, std::uint64_t most) {
  return {std::move(name),
          [&target, least, most](const Value& value) { target = static_cast<T>(value.number(least, most)); },
          [&target] { return std::to_string(target); }};
}

Key size_key(std::string name, std::size_t& target, std::uint64_t least, std::uint64_t most = most_bytes) {
  return {std::move(name), [&target, least, most](const Value& value) { target = value.size(least, most); },
          [&target] { return toml_text(size_text(target)); }};
}

template <typename Duration>
Key duration_key(std::string name, Duration& target) {
  return {std::move(name),
          [&target](const Value& value) {
            const auto length = value.duration();
            target = std::chrono::duration_cast<Duration>(length);
            if (target != length) value.fail("must be whole seconds");
          },
          [&target] { return toml_text(duration_text(target)); }};
}

template <typename E>
Key word_key(std::string name, E& target, std::vector<std::string> words) {
  return {std::move(name), [&target, words](const Value& value) { target = static_cast<E>(value.word(words)); },
          [&target, words] { return toml_text(words[static_cast<std::size_t>(target)]); }};
}

// A list whose values `check` looks at; it throws Error for one that is wrong.
Key list_key(std::string name, std::vector<std::string>& target, std::function<void(const std::string&)> check = {}) {
  return {std::move(name),
          [&target, check](const Value& value) {
            target = value.texts();
            for (const auto& each : target) {
              try {
                if (check) check(each);
              } catch (const Error& error) {
                value.fail(fmt::format("has '{}': {}", printable(each), error.what()));
              }
            }
          },
          [&target] { return toml_text(target); }};
}

// What has a '/' is a path, all else the name of a bundled schema.
Key schema_key(std::string name, std::vector<std::string>& target) {
  return {std::move(name),
          [&target](const Value& value) {
            target = value.texts();
            for (auto& each : target) {
              if (each.find('/') != each.npos) each = value.resolve(each).string();
            }
          },
          [&target] { return toml_text(target); }};
}

void check_context(const std::string& text) {
  if (text != "*" && model::Dn::parse(text).empty()) throw UsageError("the root DSE is no naming context");
}

void check_replica_id(const Value& value, std::string& target) {
  const auto id = value.text();
  if (id.empty() || id.size() > 64 || id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") != id.npos) {
    value.fail("must be 1 to 64 of a-z, 0-9, '.', '_' and '-'");
  }
  target = id;
}

Key mode_key(std::string name, unsigned& target) {
  return {std::move(name),
          [&target](const Value& value) {
            const auto text = value.text();
            if (text.empty() || text.size() > 4 || text.find_first_not_of("01234567") != text.npos) {
              value.fail("must be a mode such as \"0770\"");
            }
            target = static_cast<unsigned>(std::stoul(text, nullptr, 8)) & 0777U;
          },
          [&target] { return toml_text(fmt::format("{:04o}", target)); }};
}

Section top(Config& config) {
  const auto check_listener = [](const std::string& uri) { session::Endpoint::parse(uri); };
  const auto check_url = [](const std::string& uri) { model::LdapUrl::parse(uri); };
  auto& id = config.store.replica_id;
  return {"",
          {path_key("directory", config.store.directory),
           list_key("contexts", config.directory.contexts, check_context),
           list_key("listen", config.session.listeners, check_listener),
           {"replica_id", [&id](const Value& value) { check_replica_id(value, id); }, [&id] { return toml_text(id); }},
           schema_key("schema", config.schema),
           word_key("durability", config.store.durability, {"full", "none"}),
           list_key("referrals", config.directory.referrals, check_url),
           list_key("alternatives", config.directory.alternatives, check_url),
           number_key("threads", config.session.threads, 1, 64),
           number_key("bind_threads", config.session.bind_threads, 1, 64),
           duration_key("grace", config.grace),
           mode_key("socket_mode", config.session.socket_mode)}};
}

Section tls(Config& config) {
  auto& files = config.session.tls;
  return {
      "tls",
      {path_key("certificate", files.certificate), path_key("key", files.key), path_key("client_ca", files.client_ca),
       word_key("client_certificates", files.client_certificates, {"request", "require"})}};
}

Section authentication(Config& config) {
  auto& auth = config.auth;
  return {"authentication",
          {list_key("mechanisms", auth.mechanisms),
           text_key("realm", auth.realm),
           flag_key("simple_needs_tls", auth.simple_needs_tls),
           // Argon2 takes sizes in KiB.
           {"argon2_memory",
            [&auth](const Value& value) {
              auth.argon2_memory_kib = static_cast<unsigned>(value.size(64 << 10, std::uint64_t{4} << 30) >> 10U);
            },
            [&auth] { return toml_text(size_text(std::uint64_t{auth.argon2_memory_kib} << 10U)); }},
           number_key("argon2_passes", auth.argon2_passes, 1, 100)}};
}

Section connection_limits(Config& config) {
  auto& limits = config.session.limits;
  return {"connections",
          {number_key("most", limits.connections, 1, 1'000'000),
           number_key("most_per_peer", limits.connections_per_peer, 1, 1'000'000),
           number_key("operations", limits.operations, 1, 100'000),
           size_key("request_size_anonymous", limits.pdu_anonymous, 1 << 10, 2'000'000'000),
           size_key("request_size", limits.pdu, 1 << 10, 2'000'000'000),
           size_key("request_memory", limits.request_memory, 1 << 20), size_key("output", limits.output, 4 << 10),
           duration_key("idle", limits.idle), duration_key("request_time", limits.request),
           duration_key("handshake_time", limits.handshake), duration_key("write_time", limits.write),
           duration_key("half_closed_time", limits.half_closed), duration_key("bind_delay", limits.bind_delay),
           duration_key("bind_delay_most", limits.bind_delay_most), duration_key("bind_forget", limits.bind_forget),
           number_key("bind_waiting", limits.bind_waiting, 1, 1'000'000),
           number_key("bind_queue", limits.bind_queue, 1, 1'000'000)}};
}

Section search_limits(Config& config) {
  auto& limits = config.directory;
  constexpr auto most = std::numeric_limits<std::int32_t>::max();
  return {"limits",
          {number_key("size", limits.size_limit, 0, most), duration_key("time", limits.time_limit),
           number_key("lookthrough", limits.lookthrough_limit, 0, most),
           flag_key("administrators", limits.limits_bind_administrators),
           number_key("sort_entries", limits.sort_limit, 1, most), size_key("sort_memory", limits.sort_memory, 1 << 20),
           number_key("paged_searches", limits.paged_searches, 1, 100'000),
           number_key("candidates", limits.candidate_limit, 1, most),
           number_key("tree_delete", limits.tree_delete_limit, 1, most)}};
}

Section log(Config& config) {
  return {"log",
          {word_key("level", config.log.level, {"debug", "info", "warning", "error"}),
           word_key("format", config.log.format, {"text", "json"}), path_key("file", config.log.file)}};
}

Section audit(Config& config) {
  return {"audit", {path_key("file", config.audit.file), flag_key("required", config.audit.required)}};
}

Section replication_keys(Config& config) {
  auto& options = config.replication;
  constexpr std::uint64_t most = 10'000;
  return {"replication",
          {// Without any other key it is what says that there is replication.
           flag_key("enabled", options.enabled),
           word_key("consistency", options.consistency, {"strict", "loose"}),
           path_key("history", options.history),
           path_key("offline_directory", options.offline_directory),
           text_key("bind_dn", options.bind_dn),
           path_key("bind_password_file", options.bind_password_file),
           text_key("bind_mechanism", options.bind_mechanism),
           flag_key("start_tls", options.start_tls),
           path_key("ca", options.ca),
           path_key("certificate", options.certificate),
           path_key("key", options.key),
           number_key("sessions", options.sessions, 1, 256),
           number_key("window", options.window, 1, most),
           number_key("session_entries", options.session_entries, 1, most),
           duration_key("connect_time", options.connect_time),
           duration_key("answer_time", options.answer_time),
           duration_key("retry", options.retry),
           duration_key("retry_most", options.retry_most),
           duration_key("notify_first", options.notify_first),
           duration_key("notify_next", options.notify_next),
           duration_key("relay_wait", options.relay_wait),
           duration_key("vector_interval", options.vector_interval),
           duration_key("clock_skew", options.clock_skew),
           duration_key("idle", options.idle),
           duration_key("busy_wait", options.busy_wait),
           duration_key("purge_age", options.purge_age),
           duration_key("purge_interval", options.purge_interval)}};
}

}  // namespace

std::vector<Section> sections(Config& config) {
  return {top(config),           tls(config), authentication(config), connection_limits(config),
          search_limits(config), log(config), audit(config),          replication_keys(config)};
}

std::vector<Key> rule_keys(access::Rule& rule) {
  const auto set_rights = [&rule](const Value& value) {
    rule.rights = {};
    for (const auto& word : value.texts()) {
      const auto rights = access::rights_named(word);
      if (!rights) {
        value.fail(fmt::format("has '{}', which is none of {}{}", printable(word),
                               fmt::join(access::right_words(), ", "), did_you_mean(word, access::right_words())));
      }
      rule.rights = rule.rights | *rights;
    }
  };
  const auto show_rights = [&rule] { return toml_text(access::words_for(rule.rights)); };
  return {list_key("who", rule.who), list_key("target", rule.target), list_key("attributes", rule.attributes),
          Key{"rights", set_rights, show_rights}, flag_key("confidential", rule.confidential)};
}

std::vector<Key> map_keys(auth::IdentityMap& map) {
  return {text_key("pattern", map.pattern), text_key("dn", map.dn)};
}

void set_index(const Value& value, store::IndexDefinition& index) {
  const std::vector<std::string> words = {"presence", "equality", "substring"};
  for (const auto& word : value.texts()) {
    if (word == words[0]) {
      index.presence = true;
    } else if (word == words[1]) {
      index.equality = true;
    } else if (word == words[2]) {
      index.substring = true;
    } else {
      value.fail(fmt::format("has '{}', which is none of {}{}", printable(word), fmt::join(words, ", "),
                             did_you_mean(word, words)));
    }
  }
}

std::string show_index(const store::IndexDefinition& index) {
  std::vector<std::string> kinds;
  if (index.presence) kinds.emplace_back("presence");
  if (index.equality) kinds.emplace_back("equality");
  if (index.substring) kinds.emplace_back("substring");
  return toml_text(kinds);
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_text(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) out += (out.size() == 1 ? "" : ", ") + toml_text(std::string_view(text));
  return out + ']';
}

}  // namespace replkit::refserver::config
