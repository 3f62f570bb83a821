#include "tests/refserver/directory/request_controls.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include "common/ldup/oids.hpp"
#include "tests/refserver/protocol/oids.hpp"
#include "tests/refserver/protocol/refusal.hpp"
#include "tests/refserver/protocol/result.hpp"

namespace replkit::refserver::directory {

namespace {

using protocol::Control;
namespace oid = protocol::oid;

// Operations as bits.
enum : unsigned {
  search = 1,
  compare = 2,
  add = 4,
  remove = 8,
  modify = 16,
  modify_dn = 32,
  extended = 64,  // Who am I and Password Modify
  entries = search | compare | add | remove | modify | modify_dn,
};

struct Known {
  std::string_view oid;
  unsigned operations;
  void (*read)(const Control& control, RequestControls& out);
};

void read_paged(const Control& control, RequestControls& out) {
  out.paged = protocol::decode_paged_results(control);
  out.paged_critical = control.critical;
}

void read_subentries(const Control& control, RequestControls& out) {
  if (out.subentries) throw protocol::ProtocolError::answer("two subentries controls");
  out.subentries = protocol::decode_subentries(control);
}

void read_sort(const Control& control, RequestControls& out) {
  out.sort = protocol::decode_sort_request(control);
  out.sort_critical = control.critical;
  if (out.sort.empty()) throw protocol::ProtocolError::answer("the sort control has no keys");
}

void read_manage_dsa_it(const Control& control, RequestControls& out) {
  protocol::expect_no_value(control);
  out.manage_dsa_it = true;
}

void read_tree_delete(const Control& control, RequestControls& out) {
  protocol::expect_no_value(control);
  out.tree_delete = true;
}

void read_write_unwriteable(const Control& control, RequestControls& out) {
  protocol::expect_no_value(control);
  out.write_unwriteable = true;
}

void read_relax(const Control& control, RequestControls& out) {
  protocol::expect_no_value(control);
  out.relax = true;
}

constexpr std::array known_controls{
    Known{oid::paged_results, search, read_paged},
    Known{oid::subentries, search, read_subentries},
    Known{oid::ldup_subentries, search, read_subentries},
    Known{oid::sort_request, search, read_sort},
    Known{oid::matched_values, search,
          [](const Control& control, RequestControls& out) {
            out.matched_values = protocol::decode_matched_values(control);
          }},
    Known{oid::manage_dsa_it, entries, read_manage_dsa_it},
    Known{oid::assertion, entries,
          [](const Control& control, RequestControls& out) { out.assertion = protocol::decode_assertion(control); }},
    Known{oid::pre_read, remove | modify | modify_dn,
          [](const Control& control, RequestControls& out) { out.pre_read = protocol::decode_read_request(control); }},
    Known{oid::post_read, add | modify | modify_dn,
          [](const Control& control, RequestControls& out) { out.post_read = protocol::decode_read_request(control); }},
    Known{oid::tree_delete, remove, read_tree_delete},
    Known{oid::relax_rules, add, read_relax},
    Known{ldup::oid::write_unwriteable, add | remove | modify | modify_dn, read_write_unwriteable},
    Known{oid::proxied_authorization, entries | extended,
          [](const Control& control, RequestControls& out) {
            out.proxied_authorization = protocol::decode_proxied_authorization(control);
          }},
};

constexpr auto oids_of_known_controls() {
  std::array<std::string_view, known_controls.size()> out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = known_controls[i].oid;
  return out;
}
constexpr auto known_oids = oids_of_known_controls();

unsigned bit_of(const protocol::Request& request) {
  switch (protocol::operation_of(request)) {
    case protocol::Operation::search:
      return search;
    case protocol::Operation::compare:
      return compare;
    case protocol::Operation::add:
      return add;
    case protocol::Operation::remove:
      return remove;
    case protocol::Operation::modify:
      return modify;
    case protocol::Operation::modify_dn:
      return modify_dn;
    case protocol::Operation::extended: {
      const auto& name = std::get<protocol::ExtendedRequest>(request).oid;
      return name == oid::who_am_i || name == oid::password_modify ? unsigned{extended} : 0U;
    }
    default:
      return 0;
  }
}

}  // namespace

RequestControls parse_controls(const protocol::Request& request, std::span<const Control> controls,
                               const TakesControl& takes) {
  RequestControls out;
  const auto bit = bit_of(request);
  std::set<std::string_view> seen;
  for (const auto& control : controls) {
    const auto known = std::find_if(known_controls.begin(), known_controls.end(),
                                    [&](const Known& candidate) { return candidate.oid == control.oid; });
    const bool taken = takes && takes(control.oid);
    if (known == known_controls.end() || ((known->operations & bit) == 0 && !taken)) {
      if (taken || !control.critical) continue;
      const char* problem = known == known_controls.end() ? " is not known" : " does not go with this operation";
      throw protocol::Refusal(protocol::ResultCode::unavailable_critical_extension,
                              "critical control " + control.oid + problem);
    }
    if (!seen.insert(known->oid).second) {
      throw protocol::ProtocolError::answer("control " + control.oid + " comes twice");
    }
    known->read(control, out);
  }
  return out;
}

std::span<const std::string_view> supported_controls() {
  return known_oids;
}

}  // namespace replkit::refserver::directory
