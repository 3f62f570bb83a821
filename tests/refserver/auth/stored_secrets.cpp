// The only part of this folder that needs the store.
#include <string_view>
#include <utility>

#include "common/base/text.hpp"
#include "tests/refserver/auth/authenticator.hpp"
#include "tests/refserver/auth/digest.hpp"
#include "tests/refserver/auth/secrets.hpp"
#include "tests/refserver/schema/schema.hpp"
#include "tests/refserver/store/store.hpp"

namespace replkit::refserver::auth {

namespace {

class StoreSecrets : public Secrets {
 public:
  explicit StoreSecrets(store::Store& store) : store_(store) {}

  std::optional<StoredSecrets> find(const std::string& dn_key) const override {
    const auto snapshot = store_.snapshot();
    const auto id = snapshot->find(dn_key);
    store::LiveEntry entry;
    if (id == store::no_entry || !snapshot->read(id, entry)) return std::nullopt;
    StoredSecrets found{.dn = snapshot->dn(id), .user_passwords = {}, .auth_passwords = {}};
    for (const auto& attribute : entry.attributes) {
      // The name is the type's own: a subtype of userPassword is no password.
      const auto type = model::base_type(attribute.description);
      if (equals_ignore_case(type, "userPassword") || type == "2.5.4.35") {
        found.user_passwords.insert(found.user_passwords.end(), attribute.values.begin(), attribute.values.end());
      } else if (equals_ignore_case(type, "authPassword") || type == "1.3.6.1.4.1.4203.1.3.4") {
        found.auth_passwords.insert(found.auth_passwords.end(), attribute.values.begin(), attribute.values.end());
      }
    }
    return found;
  }

  // It is in backups, so that replicas made of them do not differ in it.
  Secret decoy_key() const override {
    constexpr std::string_view name = "decoyKey";
    constexpr std::size_t size = 32;
    std::string key;
    store_.apply([&](store::Writer& writer) {
      key = writer.state(name).value_or("");
      if (key.size() == size) return;
      key = random_bytes(size);
      writer.put_state(name, key);
    });
    return Secret(key);
  }

 private:
  store::Store& store_;
};

}  // namespace

std::unique_ptr<Secrets> stored_secrets(store::Store& store) {
  return std::make_unique<StoreSecrets>(store);
}

Authenticator::Authenticator(AuthOptions options, const schema::Schema& schema, store::Store& store,
                             MayActAs may_act_as)
    : Authenticator(std::move(options), schema.model(), stored_secrets(store), std::move(may_act_as)) {}

}  // namespace replkit::refserver::auth
