// What LeakSanitizer finds in libraries of others and is not ours to mend. The names are the callers of malloc: with
// fast unwinding nothing beyond them is seen of a library without frame pointers.
extern "C" const char* __lsan_default_suppressions();

extern "C" const char* __lsan_default_suppressions() {
  return "leak:gnutls_x509_privkey_init\n"  // libldap: the key of a client certificate
         "leak:gnutls_x509_crt_init\n"      // libldap: the client certificate
         "leak:_plug_make_prompts\n"        // Cyrus: questions that were not answered
         "leak:CRYPTO_zalloc\n";            // Cyrus: the provider that DIGEST-MD5 loads
}
