// The adapter for OpenLDAP's slapd: contextCSN, entryCSN, entryUUID, and what cn=config and cn=Monitor tell to those
// who may look.
#pragma once

#include "common/directory/replica.hpp"

namespace replkit::directory {

class OpenldapReplica final : public Replica {
 public:
  OpenldapReplica(ldap::ConnectionOptions options, ldap::Connection connection, RootDse root, std::string context);

  ServerKind kind() const override { return ServerKind::openldap; }
  std::string id_attribute() const override { return "entryUUID"; }
  std::string csn_attribute() const override { return "entryCSN"; }
  std::optional<ldup::Csn> parse_csn(std::string_view value) const override;
  // The contextCSN values of the context's top entry, one for each server ID that ever wrote.
  std::optional<ldup::UpdateVector> update_vector() override;
  // From the consumers' entries in cn=Monitor; unknown when they cannot be read.
  Refresh refresh() override;
  // The attributes each slapd keeps to itself, and the attrs= and exattrs= of the context's olcSyncrepl values.
  Unreplicated unreplicated() override;
  // olmMDBEntries in cn=Monitor.
  std::optional<std::uint64_t> entry_count() override;
  // Whether olcDbIndex names entryUUID with eq.
  std::optional<bool> id_is_indexed() override;

 private:
  // Returns the entry of the context's database in cn=config or in cn=Monitor; nothing when it cannot be read.
  std::optional<model::Entry> config_database();
  std::optional<model::Entry> monitor_database();

  std::optional<std::optional<model::Entry>> config_database_;  // looked up once
  std::optional<std::optional<model::Entry>> monitor_database_;
};

}  // namespace replkit::directory
