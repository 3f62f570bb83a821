#include "common/directory/ldap/plain_replica.hpp"

namespace replkit::directory {

PlainReplica::PlainReplica(ldap::ConnectionOptions options, ldap::Connection opened, RootDse root, std::string context)
    : Replica(std::move(options), std::move(opened), std::move(root), std::move(context)) {
  if (this->context().empty()) return;
  const auto top = connection().read(this->context(), {"entryUUID"});
  if (top && top->find("entryUUID") != nullptr) id_attribute_ = "entryUUID";
}

}  // namespace replkit::directory
