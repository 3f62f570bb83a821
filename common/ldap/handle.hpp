// Owners of what libldap allocates. For common/ldap only.
#pragma once

#include <ldap.h>

#include <memory>
#include <string>
#include <vector>

namespace replkit::ldap {

struct UnbindHandle {
  void operator()(LDAP* handle) const noexcept { ldap_unbind_ext(handle, nullptr, nullptr); }
};
using Handle = std::unique_ptr<LDAP, UnbindHandle>;

struct FreeMessage {
  void operator()(LDAPMessage* message) const noexcept { ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

struct FreeControls {
  void operator()(LDAPControl** controls) const noexcept { ldap_controls_free(controls); }
};
using ControlList = std::unique_ptr<LDAPControl*, FreeControls>;

struct FreeStrings {
  void operator()(char** strings) const noexcept { ber_memvfree(reinterpret_cast<void**>(strings)); }
};
using StringList = std::unique_ptr<char*, FreeStrings>;

struct FreeMemory {
  void operator()(void* memory) const noexcept { ldap_memfree(memory); }
};
using CString = std::unique_ptr<char, FreeMemory>;

struct FreeBerval {
  void operator()(berval* value) const noexcept { ber_bvfree(value); }
};
using BervalPtr = std::unique_ptr<berval, FreeBerval>;

struct FreeUrl {
  void operator()(LDAPURLDesc* url) const noexcept { ldap_free_urldesc(url); }
};
using Url = std::unique_ptr<LDAPURLDesc, FreeUrl>;

inline std::string to_string(const CString& text) {
  return text ? std::string(text.get()) : std::string();
}

// Returns the strings of a null-terminated array, which may be null.
inline std::vector<std::string> to_strings(const StringList& list) {
  std::vector<std::string> strings;
  for (char** each = list.get(); each && *each; ++each) strings.emplace_back(*each);
  return strings;
}

// Returns a value that points at the bytes of `text`, which libldap only reads.
inline berval view_of(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

}  // namespace replkit::ldap
