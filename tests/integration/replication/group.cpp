#include "tests/integration/replication/group.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "common/base/cancel.hpp"
#include "common/base/files.hpp"
#include "common/base/text.hpp"
#include "common/ldap/extended.hpp"
#include "common/ldup/cycle.hpp"
#include "common/ldup/oids.hpp"
#include "common/model/uuid.hpp"

namespace replkit::replication_test {

namespace {

using nlohmann::json;

std::string entry(const std::string& dn, const std::string& lines, const std::string& name) {
  const auto uuid = model::Uuid::named({}, name).text();
  return fmt::format("dn: {}\nobjectClass: top\n{}entryUUID: {}\n\n", dn, lines, uuid);
}

std::string entries(const std::vector<ReplicaSpec>& replicas, const std::vector<AgreementSpec>& agreements,
                    const std::vector<std::unique_ptr<support::Replserver>>& servers, const std::string& at) {
  std::string out = entry(suffix, "objectClass: domain\nobjectClass: replicationContext\ndc: example\n", "root");
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    const auto& each = replicas[i];
    out += entry(Group::replica_dn(each.id),
                 fmt::format("objectClass: subentry\nobjectClass: replicaSubentry-2\ncn: {}\nsubtreeSpecification: {}\n"
                             "replicaURI: {}\nreplicaType: {}\nreplicaOnline: {}\nlostAndFoundEntryDN: "
                             "cn=lostAndFound,{}\n{}",
                             each.id, each.subtree, servers[i]->uri(), each.type,
                             each.online || each.id != at ? "TRUE" : "FALSE", suffix, each.extra),
                 each.id);
  }
  for (const auto& each : agreements) {
    const auto name = "to-" + each.consumer;
    out += entry(fmt::format("cn={},{}", name, Group::replica_dn(each.supplier)),
                 fmt::format("objectClass: subentry\nobjectClass: replicaAgreementSubentry-2\ncn: {}\n"
                             "subtreeSpecification: {{}}\nreplicaDN: {}\n{}",
                             name, Group::replica_dn(each.consumer), each.extra),
                 each.supplier + name);
  }
  return out;
}

bool is_own_affair(const std::string& name) {
  constexpr std::string_view names[] = {"updateVector", "replicaOnline", "replicationStatus"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::set<std::string> content(support::Client& client) {
  std::set<std::string> out;
  for (const char* filter : {"(objectClass=*)", "(objectClass=replicaSubentry-2)", "(objectClass=replicaAgreement)"}) {
    for (auto& found : client.search(suffix, 2, filter, {"*", "+"})) {
      for (auto& [name, values] : found.attributes) {
        // That of a replica's own entry changes when its vector is published.
        const bool replica = std::string_view(filter) != "(objectClass=*)";
        if (is_own_affair(name) || (replica && name == "entryCSN")) continue;
        std::sort(values.begin(), values.end());
        for (const auto& value : values) out.insert(fmt::format("{}: {}: {}", found.dn, name, value));
      }
    }
  }
  return out;
}

}  // namespace

Group::Group(std::vector<ReplicaSpec> replicas, std::vector<AgreementSpec> agreements, const std::string& durability,
             const std::optional<support::CertificateFiles>& tls, const std::string& tables) {
  for (const auto& each : replicas) {
    support::ReplserverOptions options;
    options.durability = durability;
    options.tls = tls;
    options.tables = tables + options.tables;  // rules before those that are always there
    options.top = fmt::format("replica_id = \"{}\"\n", each.id);
    options.tables += fmt::format(
        "\n[replication]\nhistory = \"history\"\noffline_directory = \"offline\"\nbind_dn = \"{}\"\n"
        "bind_password_file = \"password\"\nretry = \"100ms\"\nretry_most = \"500ms\"\nrelay_wait = \"300ms\"\n{}\n",
        root_dn(), each.config);
    ids_.push_back(each.id);
    servers_.push_back(std::make_unique<support::Replserver>(options));
    std::filesystem::create_directory(servers_.back()->directory() / "offline");
  }
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    servers_[i]->load(entries(replicas, agreements, servers_, ids_[i]));
    servers_[i]->start();
  }
}

Group::~Group() {
  if (!testing::UnitTest::GetInstance()->current_test_info()->result()->Failed()) return;
  for (const auto& id : ids_) {
    const auto all = history(id);
    const auto skipped = all.size() - std::min<std::size_t>(all.size(), 12);
    for (std::size_t i = skipped; i < all.size(); ++i) fmt::print(stderr, "history of {}: {}\n", id, all[i].dump());
  }
}

support::Replserver& Group::operator[](const std::string& id) {
  const auto at = std::find(ids_.begin(), ids_.end(), id);
  return *servers_.at(static_cast<std::size_t>(at - ids_.begin()));
}

bool Group::shows(const std::string& id, const std::string& dn, std::chrono::milliseconds limit) {
  auto at = client(id);
  return support::eventually(limit, [&] { return at.read(dn).has_value(); });
}

bool Group::lacks(const std::string& id, const std::string& dn, std::chrono::milliseconds limit) {
  auto at = client(id);
  return support::eventually(limit, [&] { return !at.read(dn).has_value(); });
}

ldup::UpdateVector Group::vector(const std::string& id) {
  auto found = client(id).read(replica_dn(id), {"updateVector"});
  if (!found) return {};
  return ldup::UpdateVector::parse(found->attributes["updateVector"]);
}

bool Group::settles(std::chrono::milliseconds limit) {
  return support::eventually(limit, [&] {
    try {
      return std::all_of(ids_.begin() + 1, ids_.end(),
                         [&](const auto& id) { return difference(ids_.front(), id).empty(); });
    } catch (const std::runtime_error&) {
      return false;  // an area that is being replaced
    }
  });
}

std::string Group::difference(const std::string& one, const std::string& other) {
  auto a = client(one);
  auto b = client(other);
  const auto left = content(a);
  const auto right = content(b);
  std::string out;
  for (const auto& line : left) {
    if (!right.contains(line)) out += one + " only: " + line + '\n';
  }
  for (const auto& line : right) {
    if (!left.contains(line)) out += other + " only: " + line + '\n';
  }
  return out;
}

std::vector<json> Group::history(const std::string& id) {
  std::vector<json> out;
  const auto file = (*this)[id].directory() / "history";
  if (!std::filesystem::exists(file)) return out;
  auto text = read_file(file, std::size_t{16} << 20);
  text.resize(text.rfind('\n') + 1);  // the server may be about to write another line
  for (const auto line : split(text, '\n')) {
    if (!line.empty()) out.push_back(json::parse(line));
  }
  return out;
}

std::optional<json> Group::session(const std::string& id, const json& like, std::chrono::milliseconds limit) {
  std::optional<json> out;
  support::eventually(limit, [&] {
    for (const auto& each : history(id)) {
      const bool fits = std::all_of(like.items().begin(), like.items().end(), [&](const auto& member) {
        return each.contains(member.key()) && each[member.key()] == member.value();
      });
      if (fits) out = each;
    }
    return out.has_value();
  });
  return out;
}

Outcome Group::extended(const std::string& id, const std::string& oid, const std::string& value,
                        const std::string& bind_dn) {
  const CancelToken cancel;
  ldap::ConnectionOptions options;
  options.uri = (*this)[id].uri();
  options.bind.method = ldap::BindMethod::simple;
  options.bind.dn = bind_dn.empty() ? root_dn() : bind_dn;
  options.bind.password = Secret("secret");
  auto connection = ldap::Connection::open(options, cancel);
  const auto answer = ldap::ExtendedCalls(connection).call({.oid = oid, .value = value, .controls = {}});
  return {static_cast<int>(answer.code), answer.diagnostic, answer.value};
}

Outcome Group::trigger(const std::string& at, const std::string& target, const std::string& kind,
                       const std::string& uri, const std::string& bind_dn) {
  ldup::TriggerReplicationRequest request;
  request.target = replica_dn(target);
  request.uri = uri.empty() ? (*this)[target].uri() : uri;
  request.update = kind == "full" ? ldup::TriggerReplicationRequest::Update::full
                                  : ldup::TriggerReplicationRequest::Update::incremental;
  return extended(at, std::string(ldup::oid::trigger_replication), ldup::encode(request), bind_dn);
}

Outcome Group::trigger_when_free(const std::string& at, const std::string& target, const std::string& kind) {
  constexpr int busy = 51;
  Outcome out;
  support::eventually(std::chrono::seconds(20), [&] { return (out = trigger(at, target, kind)).code != busy; });
  return out;
}

Outcome Group::terminate(const std::string& at, const std::string& target) {
  const ldup::TerminateReplicationRequest request{.target = replica_dn(target), .uri = (*this)[target].uri()};
  return extended(at, std::string(ldup::oid::terminate_replication), ldup::encode(request));
}

std::string unit_dn(const std::string& name) {
  return "ou=" + name + "," + suffix;
}

int add_unit(support::Client& client, const std::string& name, const std::string& description) {
  support::Attributes attributes{{"objectClass", {"organizationalUnit"}}, {"ou", {name}}};
  if (!description.empty()) attributes["description"] = {description};
  return client.add(unit_dn(name), attributes);
}

void add_units(Group& group, const std::vector<std::string>& names) {
  auto a = group.client("a");
  for (const auto& name : names) ASSERT_EQ(add_unit(a, name), 0);
  ASSERT_TRUE(group.shows("b", unit_dn(names.back())));
  ASSERT_TRUE(group.settles());
}

}  // namespace replkit::replication_test
