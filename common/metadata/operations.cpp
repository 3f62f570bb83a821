#include "common/metadata/operations.hpp"

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/ldap/extended.hpp"
#include "common/ldup/oids.hpp"

namespace replkit::metadata {

namespace {

using ldap::ResultCode;

constexpr std::size_t max_kept_referrals = 100;

void take_reference(std::string_view bytes, ldap::SearchOutcome& outcome) {
  for (auto& uri : ldup::decode_search_meta_data_reference(bytes).uris) {
    if (outcome.referrals.size() < max_kept_referrals) outcome.referrals.push_back(std::move(uri));
  }
  ++outcome.referral_count;
}

UpdateOutcome update(ldap::Connection& connection, std::string_view oid, std::string value) {
  auto answer =
      ldap::ExtendedCalls(connection).call({.oid = std::string(oid), .value = std::move(value), .controls = {}});
  UpdateOutcome out;
  out.result = {.code = answer.code,
                .diagnostic = std::move(answer.diagnostic),
                .matched_dn = std::move(answer.matched_dn),
                .referrals = std::move(answer.referrals)};
  if (!out.result.done() || !answer.value) return out;
  try {
    out.response = ldup::decode_meta_data_update_response(*answer.value);
  } catch (const Error&) {
    // It was done: what the server adds to that is for information only.
  }
  return out;
}

}  // namespace

ldap::SearchOutcome search(ldap::Connection& connection, const ldup::SearchWithMetaDataRequest& request,
                           const SearchVisitor& visitor) {
  ldap::SearchOutcome outcome;
  const auto take = [&](const ldap::IntermediateAnswer& answer) {
    const std::string_view bytes = answer.value ? std::string_view(*answer.value) : std::string_view();
    std::optional<ldup::SearchMetaDataEntry> entry;
    try {
      if (answer.oid == ldup::oid::meta_data_reference) {
        take_reference(bytes, outcome);
      } else if (answer.oid == ldup::oid::meta_data_entry) {
        entry = ldup::decode_search_meta_data_entry(bytes);
      }
    } catch (const Error& error) {
      visitor.malformed(error.what(), bytes);
    }
    if (entry) {
      ++outcome.entries;
      visitor.entry(std::move(*entry));
    }
  };
  try {
    auto answer =
        ldap::ExtendedCalls(connection)
            .call(
                {.oid = std::string(ldup::oid::search_with_meta_data), .value = ldup::encode(request), .controls = {}},
                take);
    outcome.code = answer.code;
    outcome.diagnostic = std::move(answer.diagnostic);
    outcome.matched_dn = std::move(answer.matched_dn);
    if (!answer.referrals.empty()) {
      ++outcome.referral_count;
      outcome.referrals = std::move(answer.referrals);
    }
  } catch (const ldap::LdapError& error) {
    if (error.code() != ResultCode::timeout) throw;
    outcome.code = error.code();
    outcome.diagnostic = error.diagnostic();
  }
  return outcome;
}

UpdateOutcome add(ldap::Connection& connection, const ldup::AddWithMetaDataRequest& request) {
  return update(connection, ldup::oid::add_with_meta_data, ldup::encode(request));
}

UpdateOutcome remove(ldap::Connection& connection, const ldup::DeleteWithMetaDataRequest& request) {
  return update(connection, ldup::oid::delete_with_meta_data, ldup::encode(request));
}

UpdateOutcome modify(ldap::Connection& connection, const ldup::ModifyWithMetaDataRequest& request) {
  return update(connection, ldup::oid::modify_with_meta_data, ldup::encode(request));
}

std::string hint_for(Verb verb, ResultCode code, const std::string& identity) {
  switch (code) {
    case ResultCode::insufficient_access:
      if (identity.empty()) {
        return "meta-data need a right of their own, which nobody has unnamed: say who you are with -D and -W (or -y "
               "FILE), or by an inventory, replkit-inventory(5)";
      }
      return fmt::format("meta-data need a right of their own, which {} lacks (replserver: the right {})",
                         printable(identity), verb == Verb::search ? "metadata" : "metadata-write");
    case ResultCode::confidentiality_required:
      return "meta-data are told and changed over TLS only: -ZZ, or an ldaps:// URI";
    case ResultCode::entry_already_exists:
      return "an entry with this DN or this entryUUID is alive: replmeta modify changes it, and replmeta search "
             "\"(entryUUID=...)\" finds it";
    case ResultCode::no_such_object:
      return verb == Verb::add ? "the entry above it must be there first"
                               : "a deleted entry is found with --deleted, and picked with --uuid";
    case ResultCode::not_allowed_on_non_leaf:
      return "delete the entries below it first";
    default:
      return {};
  }
}

}  // namespace replkit::metadata
