#include "tests/support/topology.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ldap.h>

#include <stdexcept>

#include "common/base/error.hpp"
#include "tests/support/seed_data.hpp"

namespace replkit::support {

namespace {

std::string marker_dn(std::size_t i, const std::string& suffix) {
  return fmt::format("cn=marker {},{}", i + 1, suffix);
}

}  // namespace

Providers::Providers(std::size_t count, ProvidersOptions options) : options_(std::move(options)), sources_(count) {
  for (std::size_t i = 0; i < count; ++i) {
    SlapdOptions slapd = options_.slapd;
    slapd.server_id = static_cast<unsigned>(i + 1);
    if (options_.adjust) options_.adjust(i, slapd);
    servers_.push_back(std::make_unique<Slapd>(slapd));
  }
  seed();
  for (const auto& server : servers_) server->start();
  join_all();
}

void Providers::seed() {
  const TempDir directory;
  for (std::size_t i = 0; i < size(); ++i) {
    if (options_.files.size() == size()) {
      servers_[i]->load_file(options_.files[i]);
    } else if (!options_.files.empty()) {
      // What the first made of it (ids and times too) goes to the others.
      const std::filesystem::path copy = directory / "seed.ldif";
      servers_[i]->load_file(i == 0 ? options_.files.front() : copy);
      if (i == 0) servers_[0]->dump_to(copy);
    } else {
      SeedOptions data{.persons = options_.persons, .suffix = suffix(), .servers = static_cast<unsigned>(size())};
      if (i > 0) data.shuffle = options_.shuffle;
      const std::filesystem::path file = directory / "seed.ldif";
      write_seed_data(data, file);
      servers_[i]->load_file(file);
    }
  }
}

void Providers::write_consumers(std::size_t i) {
  std::vector<std::string> values;
  for (const std::size_t j : sources_[i]) {
    values.push_back(
        fmt::format("rid={:03} provider={} bindmethod=simple binddn=\"{}\" credentials={} searchbase=\"{}\" "
                    "network-timeout=5 {}",
                    j + 1, servers_[j]->uri(), replicator_dn, password, suffix(), options_.syncrepl));
  }
  Client client = servers_[i]->config_client();
  const std::string dn(Slapd::database_dn);
  const bool had = client.read(dn, {"olcSyncrepl"})->attributes.contains("olcSyncrepl");
  // Both attributes in one modify: with olcMultiProvider alone slapd would not start any more.
  std::vector<AttributeChange> changes;
  if (had) {
    changes.push_back({Change::remove, "olcMultiProvider", {}});
    changes.push_back({Change::remove, "olcSyncrepl", {}});
  }
  if (!values.empty()) {
    changes.push_back({Change::add, "olcSyncrepl", values});
    changes.push_back({Change::add, "olcMultiProvider", {"TRUE"}});
  }
  if (!changes.empty()) expect_success(client.modify(dn, changes), fmt::format("olcSyncrepl of server {}", i + 1));
}

void Providers::cut(std::size_t i, std::size_t j) {
  if (sources_[i].erase(j) > 0) write_consumers(i);
  if (sources_[j].erase(i) > 0) write_consumers(j);
}

void Providers::join(std::size_t i, std::size_t j) {
  if (sources_[i].insert(j).second) write_consumers(i);
  if (sources_[j].insert(i).second) write_consumers(j);
}

void Providers::isolate(std::size_t i) {
  for (std::size_t j = 0; j < size(); ++j) {
    if (j != i) cut(i, j);
  }
}

void Providers::join_all() {
  for (std::size_t i = 0; i < size(); ++i) {
    const std::set<std::size_t> before = sources_[i];
    for (std::size_t j = 0; j < size(); ++j) {
      if (j != i) sources_[i].insert(j);
    }
    if (sources_[i] != before) write_consumers(i);
  }
}

std::set<std::string> Providers::context_csns(std::size_t i) {
  const auto entry = servers_[i]->root_client().read(suffix(), {"contextCSN"});
  if (!entry || !entry->attributes.contains("contextCSN")) return {};
  const std::vector<std::string>& values = entry->attributes.at("contextCSN");
  return {values.begin(), values.end()};
}

std::vector<std::string> Providers::phases(std::size_t i) {
  std::vector<std::string> result;
  for (const FoundEntry& consumer : servers_[i]->config_client().search("cn=Databases,cn=Monitor", LDAP_SCOPE_SUBTREE,
                                                                        "(objectClass=olmSyncReplInstance)", {"+"})) {
    const auto phase = consumer.attributes.find("olmSRSyncPhase");
    result.push_back(phase == consumer.attributes.end() ? "none" : phase->second.front());
  }
  return result;
}

bool Providers::equal_vectors() {
  std::optional<std::set<std::string>> first;
  for (std::size_t i = 0; i < size(); ++i) {
    if (!servers_[i]->running()) continue;
    const std::set<std::string> mine = context_csns(i);
    if (first && *first != mine) return false;
    first = mine;
    for (const std::string& phase : phases(i)) {
      if (phase != "Persist") return false;
    }
  }
  return true;
}

std::string Providers::write_markers() {
  const std::string text = std::to_string(++markers_);
  for (std::size_t i = 0; i < size(); ++i) {
    if (!servers_[i]->running()) continue;
    Client client = servers_[i]->root_client();
    const std::string dn = marker_dn(i, suffix());
    int code = client.modify(dn, {{Change::replace, "description", {text}}});
    if (code == LDAP_NO_SUCH_OBJECT) {
      code = client.add(dn, {{"objectClass", {"organizationalRole"}}, {"description", {text}}});
    }
    expect_success(code, dn);
  }
  return text;
}

bool Providers::marker_arrived(const std::string& text) {
  for (std::size_t i = 0; i < size(); ++i) {
    if (!servers_[i]->running()) continue;
    Client client = servers_[i]->root_client();
    for (std::size_t j = 0; j < size(); ++j) {
      if (!servers_[j]->running()) continue;
      const auto entry = client.read(marker_dn(j, suffix()), {"description"});
      if (!entry || !entry->attributes.contains("description") || entry->attributes.at("description").front() != text)
        return false;
    }
  }
  return true;
}

void Providers::wait_equal(std::chrono::milliseconds timeout, Marker marker) {
  const std::string text = marker == Marker::write ? write_markers() : std::string();
  const bool equal =
      eventually(timeout, [&] { return (marker == Marker::none || marker_arrived(text)) && equal_vectors(); });
  if (!equal) throw std::runtime_error("the providers did not get equal:\n" + describe());
}

std::string Providers::describe() {
  std::string result;
  for (std::size_t i = 0; i < size(); ++i) {
    result += servers_[i]->running()
                  ? fmt::format("server {}: contextCSN {}; phases {}\n", i + 1, context_csns(i), phases(i))
                  : fmt::format("server {}: down\n", i + 1);
  }
  return result;
}

}  // namespace replkit::support
