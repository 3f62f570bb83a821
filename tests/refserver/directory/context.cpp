#include "tests/refserver/directory/context.hpp"

#include <algorithm>

#include "common/base/error.hpp"
#include "common/base/text.hpp"
#include "common/model/dn.hpp"

namespace replkit::refserver::directory {

namespace {

constexpr std::string_view any = "*";

std::vector<NamingContext> configured_contexts(const std::vector<std::string>& names, const model::Schema& schema) {
  std::vector<NamingContext> out;
  for (const auto& name : names) {
    if (name == any) continue;
    NamingContext context{name, {}};
    if (name.empty() || !model::normalize_dn(name, schema, context.key)) {
      throw UsageError("contexts: '" + printable(name) + "' is not the DN of an entry");
    }
    out.push_back(std::move(context));
  }
  return out;
}

}  // namespace

Context::Context(const schema::Schema& its_schema, store::Store& its_store,
                 const auth::Authenticator& its_authenticator, std::shared_ptr<const access::Policy> its_policy,
                 AuditSink* its_audit, const Clock& its_clock, DirectoryOptions its_options)
    : schema(its_schema),
      store(its_store),
      authenticator(its_authenticator),
      policy(std::move(its_policy)),
      audit(its_audit),
      clock(its_clock),
      options(std::move(its_options)),
      contexts(configured_contexts(options.contexts, schema.model())),
      any_context(std::find(options.contexts.begin(), options.contexts.end(), any) != options.contexts.end()) {}

const NamingContext* Context::context_of(std::string_view key) const {
  const NamingContext* best = nullptr;
  for (const auto& context : contexts) {
    if (!model::is_at_or_below(key, context.key)) continue;
    if (best == nullptr || context.key.size() > best->key.size()) best = &context;
  }
  return best;
}

}  // namespace replkit::refserver::directory
