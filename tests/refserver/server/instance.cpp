#include "tests/refserver/server/instance.hpp"

#include "common/cli/version.hpp"
#include "tests/refserver/directory/call.hpp"
#include "tests/refserver/directory/directory.hpp"
#include "tests/refserver/exchange/replication.hpp"
#include "tests/refserver/metadata/extension.hpp"
#include "tests/refserver/server/data.hpp"
#include "tests/refserver/session/server.hpp"

namespace replkit::refserver::server {

namespace {

class AuthenticatorBinder : public session::Binder {
 public:
  explicit AuthenticatorBinder(const auth::Authenticator& authenticator) : authenticator_(authenticator) {}

  auth::BindOutcome simple(const std::string& dn, const Secret& password, const access::Security& security) override {
    return authenticator_.simple(dn, password, security);
  }
  std::unique_ptr<auth::SaslExchange> begin(const std::string& mechanism, const access::Security& security) override {
    return authenticator_.begin(mechanism, security);
  }

 private:
  const auth::Authenticator& authenticator_;
};

directory::DirectoryOptions directory_options(const config::Config& config) {
  auto options = config.directory;
  options.vendor_version = cli::version();
  return options;
}

}  // namespace

struct Instance::Parts {
  Parts(const config::Config& config, session::Observer& observer, directory::AuditSink* audit)
      : data(config),
        authenticator(
            config.auth, data.schema, data.store,
            [this](const access::Caller& caller, const std::string& target) { return may_act_as(caller, target); }),
        directory(data.schema, data.store, authenticator, make_policy(config, data.schema), audit, system_clock(),
                  directory_options(config)),
        binder(authenticator),
        server(config.session, directory, binder, observer) {
    directory.add(metadata::make_extension(directory));
    if (config.replication.enabled) add_replication(config, observer);
  }

  void add_replication(const config::Config& config, session::Observer& observer) {
    const auto log = [&observer](exchange::LogLevel level, const std::string& what) {
      if (level >= exchange::LogLevel::warning) observer.trouble(what);
    };
    replication = std::make_shared<exchange::Replication>(data.schema, data.store, system_clock(), config.replication,
                                                          config.store.replica_id, log);
    directory.add(replication);
  }

  // The same right as for proxied authorization. Only asked once connections are served.
  bool may_act_as(const access::Caller& caller, const std::string& target) const {
    const auto& context = directory.context();
    const auto view = context.policy.get()->view(caller, directory::membership(context));
    return view.entry(target).has(access::Right::proxy);
  }

  Data data;
  auth::Authenticator authenticator;
  directory::Directory directory;
  AuthenticatorBinder binder;
  std::shared_ptr<exchange::Replication> replication;  // null: there is none
  session::Server server;                              // the first to go
};

Instance::Instance(const config::Config& config, session::Observer& observer, directory::AuditSink* audit)
    : parts_(std::make_unique<Parts>(config, observer, audit)) {}

Instance::~Instance() = default;

void Instance::start() {
  parts_->server.start();
  if (parts_->replication) parts_->replication->start();
}

const std::vector<std::string>& Instance::addresses() const {
  return parts_->server.addresses();
}

void Instance::stop(std::chrono::milliseconds grace) {
  if (parts_->replication) parts_->replication->stop(grace);
  parts_->server.stop(grace);
}

void Instance::reload(const config::Config& config) {
  auto policy = make_policy(config, parts_->data.schema);
  if (!config.session.tls.certificate.empty()) parts_->server.reload_tls();
  parts_->directory.set_policy(std::move(policy));
  if (parts_->replication) parts_->replication->reopen();
}

}  // namespace replkit::refserver::server
