#include "common/tasks/replica_parts.hpp"

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/model/dn.hpp"
#include "common/model/ldap_url.hpp"
#include "common/model/schema.hpp"
#include "common/model/subtree_specification.hpp"
#include "common/tasks/names.hpp"
#include "common/tasks/steps.hpp"

namespace replkit::tasks {

std::string number_of(ReplicaType type) {
  return std::to_string(static_cast<int>(type));
}

void check_endpoints(const ServerFacts& server, const AreaFacts& area, const std::string& id,
                     const std::vector<std::string>& uris) {
  for (const auto& other : area.replicas) {
    if (other.id == id) continue;
    for (const auto& theirs : values_of(other.entry, name::replica_uri)) {
      for (const auto& uri : uris) {
        if (endpoint_of(uri) != endpoint_of(theirs)) continue;
        throw Precondition(fmt::format(
            "{}: {} is the replica {} of {} already, and a server has one replica of an area: delete that one, or "
            "change its URI with repctl replica set-uri",
            printable(server.name), printable(uri), other.id, printable(area.dn)));
      }
    }
  }
}

void check_primary(const ServerFacts& server, const AreaFacts& area, const std::string& id, ReplicaType type) {
  if (type != ReplicaType::primary) return;
  for (const auto& other : area.replicas) {
    if (other.id == id || first_of(other.entry, name::replica_type) != number_of(type)) continue;
    throw Precondition(fmt::format(
        "{}: {} is the primary replica of {}, and an area has one at most: make it another type first with repctl "
        "replica set-type {} updateable",
        printable(server.name), other.id, printable(area.dn), other.id));
  }
}

void check_part(const AreaFacts& area, const std::string& subtree_specification) {
  if (subtree_specification.empty()) return;
  check_subtree("the subtree specification", subtree_specification);
  const auto part = model::SubtreeSpecification::parse(subtree_specification);
  std::string top;
  model::normalize_dn(area.dn, model::Schema::standard(), top);
  std::vector<model::Dn> dns{part.base};
  dns.insert(dns.end(), part.chop_before.begin(), part.chop_before.end());
  dns.insert(dns.end(), part.chop_after.begin(), part.chop_after.end());
  for (const auto& dn : dns) {
    if (dn.empty() || !model::is_at_or_below(dn.normalized(model::Schema::standard()), top)) continue;
    throw UsageError(fmt::format(
        "the subtree specification: \"{}\" lies outside of {}: base counts from the area, and what is chopped off "
        "from the base, so that the DN of the area must not be in them",
        printable(dn.text()), printable(area.dn)));
  }
}

std::string base_of_part(const AreaFacts& area, const std::string& subtree_specification) {
  if (subtree_specification.empty()) return {};
  const auto base = model::SubtreeSpecification::parse(subtree_specification).base;
  return base.empty() ? std::string() : base.text() + ',' + area.dn;
}

std::string type_text(std::string_view replica_type) {
  for (const auto type : {ReplicaType::primary, ReplicaType::updateable, ReplicaType::read_only}) {
    if (replica_type == number_of(type)) return std::string(ldup::type_name(type));
  }
  return replica_type.empty() ? "unknown" : fmt::format("unknown ({})", printable(replica_type));
}

std::string check_replica_id(std::string_view id) {
  auto out = ldup::replica_id(id);
  if (out.empty()) {
    throw UsageError(fmt::format("\"{}\" is no replicaID: it has 1 to 64 of a-z 0-9 . _ -", printable(id)));
  }
  return out;
}

void check_replica_uri(std::string_view uri) {
  const auto wrong = [&](std::string_view why) {
    return UsageError(fmt::format("\"{}\" cannot be where a replica is reached: {}", printable(uri), why));
  };
  model::LdapUrl url;
  try {
    url = model::LdapUrl::parse(uri);
  } catch (const ParseError& error) {
    throw wrong(error.what());
  }
  if (url.scheme != "ldap" && url.scheme != "ldaps") throw wrong("other servers need ldap:// or ldaps://");
  if (url.host.empty()) throw wrong("it names no host");
  if (!url.dn.empty() || !url.attributes.empty() || !url.scope.empty() || !url.filter.empty() ||
      !url.extensions.empty()) {
    throw wrong("only host and port count, and nothing else may be in it (draft-ietf-ldup-infomod 7.3.2)");
  }
}

}  // namespace replkit::tasks
