#include "common/ldup/topology.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include "common/base/text.hpp"
#include "common/ldup/fractional_filter.hpp"

namespace replkit::ldup {

namespace {

bool can_supply(const Area& area, const Replica& supplier, const Replica& consumer) {
  return covers(supplier.subtree, consumer.subtree, area.schema()) &&
         filter_conflicts(supplier.filter, consumer.filter, area.schema()).empty();
}

std::optional<std::size_t> place_of(const Area& area, const std::string& dn) {
  const auto* replica = dn.empty() ? nullptr : area.replica(dn);
  if (replica == nullptr) return std::nullopt;
  return static_cast<std::size_t>(replica - area.replicas().data());
}

Link make_link(const Area& area, std::size_t supplier, std::size_t consumer, std::optional<std::size_t> agreement) {
  const auto& from = area.replicas()[supplier];
  const auto& to = area.replicas()[consumer];
  const bool valid = can_supply(area, from, to);
  const bool incremental = !agreement || area.agreements()[*agreement].is_incremental();
  return {supplier, consumer, agreement, valid, valid && incremental && from.online && to.online};
}

bool is_incremental(const Area& area, const Link& link) {
  return !link.agreement || area.agreements()[*link.agreement].is_incremental();
}

}  // namespace

std::vector<Link> links_of(const Area& area) {
  std::vector<Link> links;
  const auto count = area.replicas().size();
  if (area.agreements().empty()) {
    for (std::size_t supplier = 0; supplier < count; ++supplier) {
      for (std::size_t consumer = 0; consumer < count; ++consumer) {
        if (supplier == consumer) continue;
        const auto link = make_link(area, supplier, consumer, std::nullopt);
        if (link.valid) links.push_back(link);
      }
    }
    return links;
  }
  for (std::size_t i = 0; i < area.agreements().size(); ++i) {
    const auto& agreement = area.agreements()[i];
    const auto supplier = place_of(area, agreement.supplier_dn());
    const auto consumer = place_of(area, agreement.replica_dn);
    if (supplier && consumer && supplier != consumer) links.push_back(make_link(area, *supplier, *consumer, i));
  }
  std::stable_sort(links.begin(), links.end(), [](const Link& a, const Link& b) {
    return std::tuple(a.supplier, a.consumer) < std::tuple(b.supplier, b.consumer);
  });
  return links;
}

std::vector<bool> reached_from(const Area& area, const std::vector<Link>& links, std::size_t origin, bool online_only) {
  std::vector<bool> reached(area.replicas().size(), false);
  std::vector<std::size_t> todo = {origin};
  reached[origin] = true;
  while (!todo.empty()) {
    const auto at = todo.back();
    todo.pop_back();
    for (const auto& link : links) {
      if (link.supplier != at || reached[link.consumer]) continue;
      if (online_only ? !link.active : !link.valid || !is_incremental(area, link)) continue;
      reached[link.consumer] = true;
      todo.push_back(link.consumer);
    }
  }
  return reached;
}

namespace {

std::string list_of(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

// Gathers what is wrong with one area.
class Check {
 public:
  explicit Check(const Area& area) : area_(area), links_(links_of(area)) {}

  Findings run() {
    check_agreements();
    check_pairs();
    check_group();
    check_paths();
    return std::move(findings_);
  }

 private:
  const Replica& replica(std::size_t place) const { return area_.replicas()[place]; }

  void tell(Severity severity, std::string_view code, const std::string& dn, std::string_view attribute,
            const std::string& text) {
    findings_.push_back({severity, std::string(code), dn, std::string(attribute), text});
  }

  void check_agreements();
  void check_pairs();
  void tell_double(const Link& link, const Link& other);
  void check_filters(const Link& link);
  void check_group();
  void check_same(const Replica& one, const Replica& other);
  void check_paths();
  void check_origin(std::size_t origin);
  void check_return(std::size_t place);

  const Area& area_;
  std::vector<Link> links_;
  Findings findings_;
};

void Check::check_agreements() {
  for (const auto& agreement : area_.agreements()) {
    if (agreement.replica_dn.empty()) continue;  // told when it was read
    const auto* consumer = area_.replica(agreement.replica_dn);
    if (consumer == nullptr) {
      tell(Severity::error, "agreement-consumer", agreement.dn, "replicaDN",
           "names " + agreement.replica_dn + ", a replica of the area is expected");
    } else if (consumer == area_.replica(agreement.supplier_dn())) {
      tell(Severity::error, "agreement-consumer", agreement.dn, "replicaDN",
           "names the supplier itself, another replica is expected");
    }
  }
}

// Links stand together that join the same two replicas.
void Check::check_pairs() {
  if (area_.agreements().empty()) return;
  for (auto first = links_.begin(); first != links_.end();) {
    const auto end = std::find_if(first, links_.end(), [&](const Link& other) {
      return other.supplier != first->supplier || other.consumer != first->consumer;
    });
    for (auto link = first; link != end; ++link) {
      check_filters(*link);
      const auto same = std::find_if(
          first, link, [&](const Link& other) { return is_incremental(area_, other) == is_incremental(area_, *link); });
      if (same != link) tell_double(*link, *same);
    }
    const bool incremental = std::any_of(first, end, [&](const Link& link) { return is_incremental(area_, link); });
    if (!incremental) {
      tell(Severity::warning, "agreement-full-only", area_.agreements()[*first->agreement].dn,
           "replicationMechanismOID",
           "is not that of incremental updates, nor does another agreement with " + replica(first->consumer).id +
               " have that: changes are not sent");
    }
    first = end;
  }
}

void Check::tell_double(const Link& link, const Link& other) {
  tell(Severity::warning, "agreement-double", area_.agreements()[*link.agreement].dn, "replicaDN",
       "names the same consumer as " + area_.agreements()[*other.agreement].dn + ", one agreement is expected");
}

void Check::check_filters(const Link& link) {
  const auto& supplier = replica(link.supplier);
  const auto& consumer = replica(link.consumer);
  const auto& agreement = area_.agreements()[*link.agreement];
  for (const auto& conflict : filter_conflicts(supplier.filter, consumer.filter, area_.schema())) {
    tell(Severity::error, "filter-" + std::to_string(conflict.rule), agreement.dn, "replicaDN",
         supplier.id + " cannot supply " + consumer.id + ": " + conflict.reason + ": " + list_of(conflict.attributes));
  }
  if (!covers(supplier.subtree, consumer.subtree, area_.schema())) {
    tell(Severity::error, "subtree", agreement.dn, "replicaDN",
         supplier.id + " holds " + supplier.subtree.text() + " and cannot supply " + consumer.id + ", which holds " +
             consumer.subtree.text());
  }
  if (agreement.exclusion.empty()) return;
  // As if the supplier lacked them.
  const FractionalFilter sent{{}, agreement.exclusion};
  for (const auto& conflict : filter_conflicts(sent, consumer.filter, area_.schema())) {
    tell(Severity::warning, "agreement-excludes", agreement.dn, "attributeExclusionFilter",
         "leaves out what " + consumer.id + " holds and then lacks: " + list_of(conflict.attributes));
  }
}

void Check::check_group() {
  const auto& all = area_.replicas();
  const auto primaries =
      std::count_if(all.begin(), all.end(), [](const Replica& r) { return r.type == ReplicaType::primary; });
  if (primaries > 1) {
    tell(Severity::error, "two-primaries", area_.root(), "replicaType",
         std::to_string(primaries) + " replicas are primary (1), at most one is expected");
  }
  if (!all.empty() && std::none_of(all.begin(), all.end(), [](const Replica& r) { return r.can_originate(); }))
    tell(Severity::warning, "no-updateable", area_.root(), "replicaType", "all replicas are read-only");
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t other = 0; other < i; ++other) check_same(all[i], all[other]);
  }
}

void Check::check_same(const Replica& one, const Replica& other) {
  if (!one.id.empty() && one.id == other.id)
    tell(Severity::error, "same-id", one.dn, "cn", "the replica ID is that of " + other.dn + " too");
  const auto theirs = other.servers();
  for (const auto& server : one.servers()) {
    if (std::find(theirs.begin(), theirs.end(), server) == theirs.end()) continue;
    tell(Severity::warning, "same-server", one.dn, "replicaURI",
         "names " + server + ", as " + other.dn + " does; one replica a server is expected");
    return;
  }
}

void Check::check_paths() {
  for (std::size_t place = 0; place < area_.replicas().size(); ++place) {
    if (replica(place).can_originate()) {
      check_origin(place);
    } else {
      check_return(place);
    }
  }
}

void Check::check_origin(std::size_t origin) {
  const auto ever = reached_from(area_, links_, origin, false);
  const auto now = reached_from(area_, links_, origin, true);
  std::vector<std::string> never;
  std::vector<std::string> suspended;
  for (std::size_t place = 0; place < ever.size(); ++place) {
    if (!ever[place]) never.push_back(replica(place).id);
    if (ever[place] && !now[place]) suspended.push_back(replica(place).id);
  }
  if (!never.empty()) {
    tell(Severity::error, "unreachable", replica(origin).dn, "",
         "its changes do not arrive at " + list_of(never) + ": no agreements lead there");
  }
  if (!suspended.empty()) {
    tell(Severity::warning, "suspended", replica(origin).dn, "replicaOnline",
         "its changes do not arrive at " + list_of(suspended) + " now: replicas on the way are not online");
  }
}

// What a replica holds is told by itself or, when it sends to nobody, by those who supply it.
void Check::check_return(std::size_t place) {
  std::vector<std::size_t> tellers;
  const bool supplies =
      std::any_of(links_.begin(), links_.end(), [&](const Link& l) { return l.supplier == place && l.valid; });
  for (const auto& link : links_) {
    if (!supplies && link.consumer == place && link.valid) tellers.push_back(link.supplier);
  }
  if (supplies) tellers.push_back(place);
  if (tellers.empty()) return;  // it is not supplied at all
  std::vector<bool> told(area_.replicas().size(), false);
  for (const auto teller : tellers) {
    const auto reached = reached_from(area_, links_, teller, false);
    for (std::size_t i = 0; i < told.size(); ++i) told[i] = told[i] || reached[i];
  }
  std::vector<std::string> untold;
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (!told[i]) untold.push_back(replica(i).id);
  }
  if (untold.empty()) return;
  tell(Severity::note, "no-return", replica(place).dn, "updateVector",
       "what it holds is not told to " + list_of(untold) +
           ", which therefore purge no meta-data: agreements that lead back there would let them");
}

}  // namespace

std::vector<Finding> check_topology(const Area& area) {
  return Check(area).run();
}

}  // namespace replkit::ldup
