#include "tests/integration/replserver/pdus.hpp"

#include <algorithm>

#include "tests/integration/replserver/lab.hpp"
#include "tests/refserver/protocol/client_controls.hpp"
#include "tests/refserver/protocol/oids.hpp"

namespace replkit::replserver_test {

namespace oid = protocol::oid;

std::string element(unsigned char tag, std::string_view content, unsigned length_bytes) {
  const auto size = content.size();
  std::string out(1, static_cast<char>(tag));
  constexpr std::size_t longest_short = 0x7f;
  if (length_bytes == 0 && size <= longest_short) {
    out += static_cast<char>(size);
  } else {
    auto bytes = std::max(1U, length_bytes);
    while (length_bytes == 0 && bytes < sizeof size && (size >> (8 * bytes)) != 0) ++bytes;
    out += static_cast<char>(0x80 | bytes);
    while (bytes > 0) {
      --bytes;
      out += static_cast<char>(bytes < sizeof size ? size >> (8 * bytes) & 0xff : 0);
    }
  }
  return out.append(content);
}

std::string integer(std::uint32_t value, unsigned char tag) {
  std::string content;
  do {
    content.insert(content.begin(), static_cast<char>(value & 0xff));
    value >>= 8U;
  } while (value != 0);
  if ((static_cast<unsigned char>(content[0]) & 0x80) != 0) content.insert(content.begin(), '\0');
  return element(tag, content);
}

std::string message(std::uint32_t id, std::string_view operation, std::string_view rest) {
  return element(0x30, integer(id).append(operation).append(rest));
}

std::string search_operation(std::string_view filter) {
  auto content = octets("") + integer(0, 0x0a) + integer(0, 0x0a) + integer(0) + integer(0) + element(0x01, {"\0", 1});
  return element(0x63, content.append(filter).append(element(0x30, {})));
}

std::string deep_filter(std::size_t depth) {
  // From the inside out, the headers backwards.
  const auto core = octets("objectClass", 0x87);
  std::string reversed;
  auto size = core.size();
  for (std::size_t i = 0; i < depth; ++i) {
    auto header = element(0xa2, {}, 4);
    for (int byte = 0; byte < 4; ++byte) header[5 - byte] = static_cast<char>(size >> (8 * byte) & 0xff);
    size += header.size();
    std::reverse(header.begin(), header.end());
    reversed += header;
  }
  std::reverse(reversed.begin(), reversed.end());
  return reversed + core;
}

namespace {

std::vector<std::string> make_good_requests() {
  using protocol::Scope;
  std::vector<std::string> out;
  std::int32_t id = 0;
  const auto put = [&](protocol::Request request, std::vector<protocol::Control> controls = {}) {
    out.push_back(protocol::encode_request({++id, std::move(request), std::move(controls)}));
  };
  const std::string base = "dc=example,dc=com";
  const auto any = model::Filter::parse("(sn=Name1)");
  const auto found = [&](const std::string& filter) {
    return search(base, Scope::subtree, filter, {"*", "+", "@person", "cn;lang-en"});
  };
  put(protocol::BindRequest{3, {}, Secret("")});
  put(protocol::BindRequest{3, person_dn(1), Secret("secret1")});
  put(protocol::BindRequest{3, person_dn(1), Secret("wrong")});
  put(protocol::BindRequest{3, {}, protocol::SaslCredentials{"PLAIN", Secret(std::string("\0user1\0secret1", 14))}});
  put(protocol::BindRequest{3, {}, protocol::SaslCredentials{"SCRAM-SHA-256", Secret("n,,n=user1,r=abcdefghijkl")}});
  for (const char* filter :
       {"(uid=user1)", "(&(uid=user*)(!(sn=*x*)))", "(|(employeeNumber>=5)(employeeNumber<=2)(cn~=User 3))",
        "(cn:dn:caseIgnoreMatch:=user 1)", "(:dn:2.5.13.2:=people)", "(&)", "(|)", "(mail=u*e*r*1*@example.com)"}) {
    put(found(filter));
  }
  put(search("", Scope::base, "(objectClass=*)", {"+"}));
  put(search("cn=Subschema", Scope::base, "(objectClass=subschema)", {"*", "+"}));
  put(found("(uid=*)"), {protocol::encode_paged_results({.size = 3, .cookie = {}})});
  const std::vector<protocol::SortKey> keys{{"sn", "", true}, {"uid", "caseIgnoreOrderingMatch", false}};
  put(found("(uid=*)"), {protocol::encode_sort_request(keys)});
  put(found("(uid=*)"), {protocol::encode_matched_values(std::vector{any}), protocol::encode_subentries(false)});
  put(found("(uid=*)"), {protocol::encode_proxied_authorization("dn:" + person_dn(2))});
  put(found("(uid=*)"), {protocol::encode_assertion(any)});
  const std::vector<std::string> wanted{"*", "entryUUID"};
  const auto pre = protocol::encode_read_request(oid::pre_read, wanted);
  const auto post = protocol::encode_read_request(oid::post_read, wanted);
  put(protocol::AddRequest{"cn=new," + base, {{"objectClass", {"device"}}, {"cn", {"new"}}}}, {post});
  put(protocol::ModifyRequest{person_dn(3),
                              {{model::ModifyKind::replace, "description", {"changed", "twice"}},
                               {model::ModifyKind::increment, "employeeNumber", {"1"}},
                               {model::ModifyKind::remove, "mail", {}}}},
      {pre, post, protocol::encode_assertion(any)});
  put(protocol::ModifyRequest{person_dn(4), {{model::ModifyKind::add, "userPassword", {"fresh"}}}});
  put(protocol::ModifyDnRequest{person_dn(5), "uid=renamed+cn=twice", true, "ou=people," + base}, {pre});
  put(protocol::CompareRequest{person_dn(6), "sn", "name6"});
  put(protocol::DeleteRequest{person_dn(7)}, {{std::string(oid::tree_delete), true, std::nullopt}, pre});
  put(protocol::DeleteRequest{"cn=nobody," + base}, {{std::string(oid::manage_dsa_it), false, std::nullopt}});
  put(protocol::AbandonRequest{7});
  put(protocol::UnbindRequest{});
  put(protocol::ExtendedRequest{std::string(oid::who_am_i), std::nullopt});
  put(protocol::encode_cancel(3));
  put(protocol::encode_password_modify({.identity = person_dn(8), .old_password = {}, .new_password = Secret("next")}));
  put(protocol::ExtendedRequest{"1.2.3.4", "value"});
  return out;
}

}  // namespace

const std::vector<std::string>& good_requests() {
  static const auto requests = make_good_requests();
  return requests;
}

std::string damaged_request(std::mt19937& random) {
  const auto& requests = good_requests();
  return damaged(requests[random() % requests.size()], random);
}

std::string damaged(std::string pdu, std::mt19937& random) {
  const auto below = [&](std::size_t count) { return random() % count; };
  for (auto times = below(4) + 1; times > 0 && pdu.size() > 2; --times) {
    const auto at = below(pdu.size());
    constexpr std::string_view odd("\x00\x01\x02\x04\x05\x0a\x30\x31\x7f\x80\x81\x82\x84\x88\xa0\xa3\xff", 17);
    switch (below(8)) {
      case 0:
        pdu[at] = static_cast<char>(random());
        break;
      case 1:
        pdu[at] = odd[below(odd.size())];
        break;
      case 2:
        pdu[at] = static_cast<char>(pdu[at] ^ (1 << below(8)));
        break;
      case 3:
        pdu.insert(at, 1, odd[below(odd.size())]);
        break;
      case 4:
        pdu.erase(at, below(4) + 1);
        break;
      case 5:  // a length that is far too long
        pdu.replace(at, 1, "\x84\x7f\xff\xff\xff");
        break;
      case 6:
        pdu.insert(at, pdu.substr(below(pdu.size()), below(20)));
        break;
      default:
        pdu.resize(at + 1);
    }
  }
  // Most with an outer length that fits, so that what is inside is looked at.
  constexpr std::size_t longest_short = 0x7f;
  if (below(4) != 0 && pdu.size() > 2) {
    pdu = pdu.size() - 2 <= longest_short ? element(0x30, pdu.substr(2))
                                          : element(0x30, pdu.substr(std::min<std::size_t>(3, pdu.size())));
  }
  return pdu;
}

}  // namespace replkit::replserver_test
