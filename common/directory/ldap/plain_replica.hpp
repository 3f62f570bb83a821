// The adapter for a server that shows no replication metadata: any LDAPv3 server.
#pragma once

#include "common/directory/replica.hpp"

namespace replkit::directory {

class PlainReplica final : public Replica {
 public:
  PlainReplica(ldap::ConnectionOptions options, ldap::Connection connection, RootDse root, std::string context);

  ServerKind kind() const override { return ServerKind::ldap; }
  // entryUUID (RFC 4530) when the base entry of the context shows one.
  std::string id_attribute() const override { return id_attribute_; }
  std::string csn_attribute() const override { return {}; }
  std::optional<ldup::Csn> parse_csn(std::string_view) const override { return std::nullopt; }
  std::optional<ldup::UpdateVector> update_vector() override { return std::nullopt; }
  Refresh refresh() override { return Refresh::unknown; }
  Unreplicated unreplicated() override { return {}; }
  std::optional<std::uint64_t> entry_count() override { return std::nullopt; }
  std::optional<bool> id_is_indexed() override { return std::nullopt; }

 private:
  std::string id_attribute_;
};

}  // namespace replkit::directory
