// bench_reader URI BINDDN PASSWORD BASE [--meta]: the least a libldap client can do to read everything below BASE: one
// search, answers thrown away. It reads ahead and naps, as replcompare does, so what replcompare takes more is the
// comparison.
#include <ldap.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

void check(int code, const char* what) {
  if (code == LDAP_SUCCESS) return;
  std::fprintf(stderr, "bench_reader: %s: %s\n", what, ldap_err2string(code));
  std::exit(1);
}

// Returns the next message. A client that keeps up is woken for each entry, which costs the *server* twice the time: so
// it naps after data have come, and waits only when none came during a nap. What it wants, that much has come, is
// nothing that libldap or poll() could be waited for.
LDAPMessage* next_message(LDAP* handle, int id) {
  timeval at_once{0, 0};
  LDAPMessage* message = nullptr;
  int type = ldap_result(handle, id, LDAP_MSG_ONE, &at_once, &message);
  if (type == 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    type = ldap_result(handle, id, LDAP_MSG_ONE, nullptr, &message);
  }
  if (type < 0) check(LDAP_SERVER_DOWN, "result");
  return message;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: bench_reader URI BINDDN PASSWORD BASE [--meta]\n");
    return 3;
  }
  const bool meta = argc > 5 && std::strcmp(argv[5], "--meta") == 0;
  LDAP* handle = nullptr;
  check(ldap_initialize(&handle, argv[1]), argv[1]);
  const int version = LDAP_VERSION3;
  ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
  berval password{std::strlen(argv[3]), argv[3]};
  check(ldap_sasl_bind_s(handle, argv[2], LDAP_SASL_SIMPLE, &password, nullptr, nullptr, nullptr), "bind");

  Sockbuf* socket = nullptr;
  ldap_get_option(handle, LDAP_OPT_SOCKBUF, &socket);
  ber_len_t size = 1U << 20;
  ber_sockbuf_add_io(socket, &ber_sockbuf_io_readahead, LBER_SBIOD_LEVEL_PROVIDER, &size);

  char all[] = "*", uuid[] = "entryUUID", csn[] = "entryCSN";
  char* full_attributes[] = {all, uuid, csn, nullptr};
  char* meta_attributes[] = {uuid, csn, nullptr};
  int id = 0;
  check(ldap_search_ext(handle, argv[4], LDAP_SCOPE_SUBTREE, "(objectClass=*)",
                        meta ? meta_attributes : full_attributes, 0, nullptr, nullptr, nullptr, LDAP_NO_LIMIT, &id),
        "search");
  unsigned long entries = 0;
  for (bool more = true; more;) {
    LDAPMessage* message = next_message(handle, id);
    if (ldap_msgtype(message) == LDAP_RES_SEARCH_RESULT) {
      int code = LDAP_SUCCESS;
      check(ldap_parse_result(handle, message, &code, nullptr, nullptr, nullptr, nullptr, 0), "result");
      check(code, "search");
      more = false;
    } else {
      ++entries;
    }
    ldap_msgfree(message);
  }
  std::printf("%lu\n", entries);
  ldap_unbind_ext_s(handle, nullptr, nullptr);
}
