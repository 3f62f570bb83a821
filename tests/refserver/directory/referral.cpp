#include "tests/refserver/directory/referral.hpp"

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/ldap_url.hpp"

namespace replkit::refserver::directory {

namespace {

// What may stand in the DN of an LDAP URL as it is (RFC 4516 2.1, RFC 3986).
bool is_plain(char c) {
  constexpr std::string_view marks = "-._~!$&'()*+,;=:@";
  return is_ascii_alpha(c) || is_ascii_digit(c) || marks.find(c) != marks.npos;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c)) {
      out += c;
    } else {
      out.append("%").append(to_hex(std::string_view(&c, 1)));
    }
  }
  return out;
}

std::string_view scope_name(protocol::Scope scope) {
  switch (scope) {
    case protocol::Scope::base:
      return "base";
    case protocol::Scope::one_level:
      return "one";
    case protocol::Scope::subtree:
      return "sub";
  }
  return {};
}

std::string rewritten(const model::LdapUrl& url, std::string_view entry_dn, std::string_view below,
                      std::optional<protocol::Scope> scope) {
  std::string dn(below);
  const std::string_view base = url.dn.empty() ? entry_dn : std::string_view(url.dn);
  if (!dn.empty() && !base.empty()) dn += ',';
  dn += base;
  auto out = url.server() + "/" + percent_encoded(dn);
  if (scope) out.append("??").append(scope_name(*scope));
  return out;
}

}  // namespace

std::vector<std::string> referral_uris(std::span<const std::string_view> refs, std::string_view entry_dn,
                                       std::string_view below, std::optional<protocol::Scope> scope) {
  std::vector<std::string> out;
  for (auto ref : refs) {
    ref = ref.substr(0, ref.find(' '));  // a label may follow (RFC 3296 2.2)
    const auto scheme = to_lower(ref.substr(0, ref.find(':')));
    if (scheme != "ldap" && scheme != "ldaps" && scheme != "ldapi") {
      if (ref.find(':') != ref.npos) out.emplace_back(ref);
      continue;
    }
    try {
      out.push_back(rewritten(model::LdapUrl::parse(ref), entry_dn, below, scope));
    } catch (const ParseError&) {
      // It leads nowhere.
    }
  }
  return out;
}

protocol::Refusal referral_refusal(std::vector<std::string> uris) {
  if (uris.empty()) return {protocol::ResultCode::other, "the referral has no usable URI"};
  return protocol::Refusal(protocol::Result{
      .code = protocol::ResultCode::referral, .matched_dn = {}, .diagnostic = {}, .referrals = std::move(uris)});
}

}  // namespace replkit::refserver::directory
