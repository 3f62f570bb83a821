// The configuration of a throw-away slapd, as LDIF for slapadd -n 0.
#include <fmt/format.h>
#include <unistd.h>

#include "tests/support/slapd.hpp"

namespace replkit::support {

namespace {

std::string global(const SlapdOptions& options, const std::filesystem::path& directory) {
  std::string result = fmt::format(
      "dn: cn=config\nobjectClass: olcGlobal\ncn: config\nolcServerID: {}\nolcLogLevel: none\nolcSizeLimit: {}\n"
      "olcTimeLimit: unlimited\nolcPidFile: {}\nolcSockbufMaxIncoming: 16777216\n"
      // Client certificates first: their subjects have no cn=auth.
      "olcAuthzRegexp: {{0}}\"^cn=([^,]+),o=replkit clients$\" \"uid=$1,cn=service\"\n"
      "olcAuthzRegexp: {{1}}\"^uid=([^,]+),(cn=[^,]+,)?cn=[^,]+,cn=auth$\" \"uid=$1,cn=service\"\n",
      options.server_id, options.size_limit, (directory / "slapd.pid").string());
  if (options.tls) {
    result += fmt::format(
        "olcTLSCACertificateFile: {}\nolcTLSCertificateFile: {}\nolcTLSCertificateKeyFile: {}\nolcTLSVerifyClient: "
        "try\n",
        options.tls->ca.string(), options.tls->certificate.string(), options.tls->key.string());
  }
  result +=
      "\ndn: cn=module{0},cn=config\nobjectClass: olcModuleList\ncn: module{0}\nolcModulePath: /usr/lib/ldap\n"
      "olcModuleLoad: back_mdb\nolcModuleLoad: syncprov\n";
  for (const std::string& module : options.modules) result += "olcModuleLoad: " + module + "\n";
  result += "\ndn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: schema\n\n";
  for (const char* schema : {"core", "cosine", "inetorgperson", "nis"}) {
    result += fmt::format("include: file:///etc/ldap/schema/{}.ldif\n\n", schema);
  }
  return result;
}

std::string databases(const SlapdOptions& options, const std::filesystem::path& directory) {
  const std::string self =
      fmt::format("dn.exact=\"gidNumber={}+uidNumber={},cn=peercred,cn=external,cn=auth\"", getegid(), geteuid());
  std::string result = fmt::format(
      "dn: olcDatabase={{-1}}frontend,cn=config\nobjectClass: olcDatabaseConfig\nobjectClass: olcFrontendConfig\n"
      "olcDatabase: {{-1}}frontend\nolcAccess: to dn.base=\"\" by * read\nolcAccess: to dn.base=\"cn=Subschema\" by * "
      "read\n\n"
      "dn: olcDatabase={{0}}config,cn=config\nobjectClass: olcDatabaseConfig\nolcDatabase: {{0}}config\n"
      "olcAccess: to * by {0} manage by dn.exact=\"{1}\" read by * none\n\n"
      "dn: olcDatabase={{1}}mdb,cn=config\nobjectClass: olcDatabaseConfig\nobjectClass: olcMdbConfig\n"
      "olcDatabase: {{1}}mdb\nolcSuffix: {2}\nolcRootDN: cn=admin,{2}\nolcRootPW: {3}\nolcDbDirectory: {4}\n"
      "olcDbMaxSize: {5}\nolcDbIndex: objectClass,uid,cn,ou,entryUUID,entryCSN eq\n"
      "olcLimits: dn.exact=\"{6}\" size=unlimited time=unlimited\n"
      "olcAccess: to * by {0} manage by dn.exact=\"{6}\" read by * break\n",
      self, monitor_dn, options.suffix, password, (directory / "data").string(), options.max_size, replicator_dn);
  for (const std::string& rule : options.access) result += "olcAccess: " + rule + "\n";
  if (options.access.empty())
    result += "olcAccess: to attrs=userPassword by anonymous auth by * none\nolcAccess: to * by * read\n";
  if (options.durability == Durability::none) result += "olcDbNoSync: TRUE\n";
  for (const std::string& line : options.database_config) result += line + "\n";
  result +=
      "\ndn: olcOverlay=syncprov,olcDatabase={1}mdb,cn=config\nobjectClass: olcOverlayConfig\n"
      "objectClass: olcSyncProvConfig\nolcOverlay: syncprov\nolcSpCheckpoint: 1000 10\n";
  if (options.session_log > 0) result += fmt::format("olcSpSessionlog: {}\n", options.session_log);
  result += fmt::format(
      "\ndn: olcDatabase={{2}}monitor,cn=config\nobjectClass: olcDatabaseConfig\nobjectClass: olcMonitorConfig\n"
      "olcDatabase: {{2}}monitor\nolcAccess: to * by {0} manage by dn.exact=\"{1}\" read by dn.exact=\"cn=admin,{2}\" "
      "read by * none\n\n"
      "dn: olcDatabase={{3}}mdb,cn=config\nobjectClass: olcDatabaseConfig\nobjectClass: olcMdbConfig\n"
      "olcDatabase: {{3}}mdb\nolcSuffix: cn=service\nolcDbDirectory: {3}\nolcDbMaxSize: 10485760\nolcDbNoSync: TRUE\n"
      // "anonymous auth" on the whole entry: slapd's own auxprop plugin reads the entry too, not only the password.
      "olcAccess: to * by {0} manage by anonymous auth by * none\n",
      self, monitor_dn, options.suffix, (directory / "service").string());
  return result;
}

std::string service_ldif() {
  std::string result = "dn: cn=service\nobjectClass: organizationalRole\ncn: service\n\n";
  for (const std::string_view dn : {reader_dn, monitor_dn, replicator_dn}) {
    result +=
        fmt::format("dn: {}\nobjectClass: account\nobjectClass: simpleSecurityObject\nuid: {}\nuserPassword: {}\n\n",
                    dn, dn.substr(4, dn.find(',') - 4), password);
  }
  return result;
}

}  // namespace

std::string Slapd::config_ldif() const {
  return global(options_, directory()) + databases(options_, directory());
}

void Slapd::make_config() {
  for (const char* name : {"config", "data", "service"}) std::filesystem::create_directory(directory_ / name);
  const std::string config = (directory_ / "config").string();
  run_checked({"slapadd", "-n0", "-F", config}, {.input = config_ldif()});
  run_checked({"slapadd", "-n3", "-q", "-F", config}, {.input = service_ldif()});
}

}  // namespace replkit::support
