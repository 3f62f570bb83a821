#include "tests/refserver/metadata/extension.hpp"

#include <algorithm>
#include <array>

#include "common/ldup/metadata.hpp"
#include "common/ldup/oids.hpp"
#include "tests/refserver/directory/answer.hpp"
#include "tests/refserver/directory/lookup.hpp"
#include "tests/refserver/directory/search.hpp"
#include "tests/refserver/metadata/changes.hpp"
#include "tests/refserver/metadata/metadata_answer.hpp"
#include "tests/refserver/metadata/request.hpp"
#include "tests/refserver/protocol/oids.hpp"

namespace replkit::refserver::metadata {

using directory::AuditRecord;
using directory::Call;
namespace oid = ldup::oid;

namespace {

template <typename Names>
bool is_one_of(std::string_view name, const Names& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array search_controls{protocol::oid::manage_dsa_it, protocol::oid::subentries,
                                     protocol::oid::ldup_subentries, protocol::oid::assertion,
                                     protocol::oid::proxied_authorization};
constexpr std::array change_controls{protocol::oid::manage_dsa_it, protocol::oid::assertion,
                                     protocol::oid::proxied_authorization};

protocol::SearchRequest plain_request(ldup::SearchWithMetaDataRequest request) {
  protocol::SearchRequest out;
  out.base = std::move(request.base);
  out.scope = static_cast<protocol::Scope>(request.scope);
  out.dereference = static_cast<protocol::Dereference>(request.dereference);
  out.size_limit = request.size_limit;
  out.time_limit = request.time_limit;
  out.types_only = request.types_only;
  out.filter = std::move(request.filter);
  out.attributes = std::move(request.attributes);
  return out;
}

void note(const Call& call, const AuditRecord& record) {
  if (call.context.audit != nullptr) call.context.audit->record(record);
}

class MetaDataExtension : public directory::Extension {
 public:
  explicit MetaDataExtension(directory::Directory& directory) : directory_(directory) {}

  std::vector<std::string> operations() const override {
    return {std::string(oid::search_with_meta_data), std::string(oid::add_with_meta_data),
            std::string(oid::delete_with_meta_data), std::string(oid::modify_with_meta_data)};
  }

  bool takes_control(std::string_view operation, std::string_view control) const override {
    return operation == oid::search_with_meta_data ? is_one_of(control, search_controls)
                                                   : is_one_of(control, change_controls);
  }

  bool is_change(std::string_view operation) const override { return operation != oid::search_with_meta_data; }

  std::unique_ptr<directory::Change> plan(const Call& call) override {
    const auto& operation = std::get<protocol::ExtendedRequest>(call.message.request).oid;
    require_confidentiality(call);
    if (operation == oid::add_with_meta_data) return metadata::plan_add(call);
    if (operation == oid::delete_with_meta_data) return metadata::plan_delete(call);
    return metadata::plan_modify(call);
  }

  void describe(const Call& call, AuditRecord& record) const override { describe_change(call, record); }

  std::unique_ptr<directory::Operation> start(Call call, directory::Wake) override {
    auto record = search_record(call);
    try {
      require_confidentiality(call);
      require_audit(call);
      auto request = ldup::decode_search_with_meta_data_request(value_of(call));
      record.dn = request.base;
      require_metadata_right(call, directory::dn_key(call.context, request.base), access::Right::metadata);
      const SearchMetaData wanted{request.deleted_entries, request.attribute_change_state};
      call.message.request = plain_request(std::move(request));
      return directory_.start_search(std::move(call),
                                     [&](const Call& kept) -> std::unique_ptr<directory::SearchAnswer> {
                                       record.caller = &kept.caller;
                                       return std::make_unique<MetaDataAnswer>(kept, wanted, record);
                                     });
    } catch (...) {
      record.result = directory::current_exception_result().code;
      note(call, record);
      throw;
    }
  }

 private:
  static AuditRecord search_record(const Call& call) {
    AuditRecord record;
    record.time = call.context.clock.now();
    record.caller = &call.caller;
    if (call.bound.key != call.caller.key) record.authenticated_dn = call.bound.dn;
    record.operation = "searchWithMetaData";
    return record;
  }

  directory::Directory& directory_;
};

}  // namespace

std::shared_ptr<directory::Extension> make_extension(directory::Directory& directory) {
  return std::make_shared<MetaDataExtension>(directory);
}

}  // namespace replkit::refserver::metadata
