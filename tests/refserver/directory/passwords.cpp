#include "tests/refserver/directory/passwords.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "common/base/text.hpp"
#include "tests/refserver/directory/attribute_key.hpp"
#include "tests/refserver/protocol/refusal.hpp"

namespace replkit::refserver::directory {

using model::ModifyKind;
using protocol::Refusal;
using protocol::ResultCode;

namespace {

constexpr std::string_view password_key = "userpassword";
constexpr std::string_view verifier_type = "authPassword";
constexpr std::string_view scram_prefix = "SCRAM-SHA-256$";

bool is_clear(std::string_view value) {
  return !auth::is_hashed(value);
}

bool knows_verifiers(const model::Schema& schema) {
  return schema.attribute(verifier_type) != nullptr;
}

// Returns the hashes of the values, and appends the verifiers of those that were in the clear.
std::vector<std::string> hash_values(const PasswordMaking& making, const std::vector<std::string>& uids,
                                     const std::vector<std::string>& values, std::vector<std::string>& verifiers) {
  std::vector<std::string> out;
  std::set<std::string_view> seen;
  for (const auto& value : values) {
    if (!is_clear(value)) {
      out.push_back(value);
      continue;
    }
    if (!seen.insert(value).second) {
      throw Refusal(ResultCode::attribute_or_value_exists, "userPassword: a value stands there twice");
    }
    auto made = make_password(making, Secret(value), uids);
    out.push_back(std::move(made.hash));
    std::move(made.verifiers.begin(), made.verifiers.end(), std::back_inserter(verifiers));
  }
  return out;
}

// What one update does to the passwords of an entry, modification by modification.
class PasswordUpdate {
 public:
  PasswordUpdate(const schema::Schema& schema, const PasswordMaking& making, const store::StoredEntry& entry)
      : schema_(schema), making_(making), uids_(uids_of(schema.model(), entry)) {
    for (const auto& attribute : entry.attributes) {
      const auto key = attribute_key(schema.model(), attribute.description);
      auto* values = is_password(schema.model(), key) ? &hashes_[key] : key == "authpassword" ? &verifiers_ : nullptr;
      if (values == nullptr) continue;
      for (const auto& value : attribute.values) values->push_back(value.bytes);
    }
  }

  void apply(const model::Modification& change, std::vector<OwnedModification>& out) {
    auto hashed = change;
    auto& hashes = hashes_[attribute_key(schema_.model(), change.description)];
    std::vector<std::string> verifiers;
    const auto before = verifiers_;
    switch (change.kind) {
      case ModifyKind::add:
        refuse_known(hashes, change.values);
        hashed.values = hash_values(making_, uids_, change.values, verifiers);
        hashes.insert(hashes.end(), hashed.values.begin(), hashed.values.end());
        verifiers_.insert(verifiers_.end(), verifiers.begin(), verifiers.end());
        break;
      case ModifyKind::remove:
        if (change.values.empty()) {
          hashes.clear();
          verifiers_.clear();
        }
        for (auto& value : hashed.values) value = take(hashes, value);
        break;
      case ModifyKind::replace:
        hashed.values = hash_values(making_, uids_, change.values, verifiers);
        hashes = hashed.values;
        verifiers_ = std::move(verifiers);
        break;
      case ModifyKind::increment:
        break;  // refused as all increments of what is no integer
    }
    out.push_back({.change = std::move(hashed)});
    if (verifiers_ != before && knows_verifiers(schema_.model())) out.push_back(set_verifiers());
  }

 private:
  using Values = std::vector<std::string>;

  static void refuse_known(const Values& hashes, const Values& values) {
    for (const auto& value : values) {
      if (!is_clear(value)) continue;
      const Secret secret(value);
      if (std::any_of(hashes.begin(), hashes.end(),
                      [&](const std::string& hash) { return auth::password_fits(secret, hash); })) {
        throw Refusal(ResultCode::attribute_or_value_exists, "userPassword: a value to add is there");
      }
    }
  }

  // Returns the stored value that the one to delete stands for, and forgets it with its verifier.
  std::string take(Values& hashes, const std::string& value) {
    if (!is_clear(value)) {
      verifiers_.clear();
      std::erase(hashes, value);
      return value;
    }
    const Secret secret(value);
    const auto found = std::find_if(hashes.begin(), hashes.end(),
                                    [&](const std::string& hash) { return auth::password_fits(secret, hash); });
    if (found == hashes.end()) {
      throw Refusal(ResultCode::no_such_attribute, "userPassword: a value to delete is not there");
    }
    auto out = *found;
    hashes.erase(found);
    std::erase_if(verifiers_, [&](const std::string& verifier) {
      return !verifier.starts_with(scram_prefix) ||
             auth::password_fits(secret, "{SCRAM-SHA-256}" + verifier.substr(scram_prefix.size()));
    });
    return out;
  }

  OwnedModification set_verifiers() const {
    return {.change = {.kind = ModifyKind::replace, .description = std::string(verifier_type), .values = verifiers_},
            .origin = Origin::server};
  }

  const schema::Schema& schema_;
  const PasswordMaking& making_;
  const Values uids_;
  std::map<std::string, Values> hashes_;  // by attribute key: with options there can be several
  Values verifiers_;
};

bool any_clear(const std::vector<std::string>& values) {
  return std::any_of(values.begin(), values.end(), [](const std::string& value) { return is_clear(value); });
}

}  // namespace

MadePassword make_password(const PasswordMaking& making, const Secret& password, const std::vector<std::string>& uids) {
  auto stored = auth::hash_password(password, making.cost);
  MadePassword out{.hash = std::move(stored.user_password), .verifiers = {std::move(stored.auth_password)}};
  if (making.digest_realm.empty()) return out;
  for (const auto& uid : uids) {
    out.verifiers.push_back(auth::digest_md5_secret(uid, making.digest_realm, password));
  }
  return out;
}

std::vector<std::string> uids_of(const model::Schema& schema, const store::StoredEntry& entry) {
  std::vector<std::string> out;
  if (const auto* attribute = find_attribute(entry, schema, "uid")) {
    for (const auto& value : attribute->values) out.push_back(value.bytes);
  }
  return out;
}

bool is_password(const model::Schema& schema, std::string_view description) {
  const auto* type = schema.attribute(model::base_type(description));
  return type != nullptr && type->key == password_key;
}

bool has_clear_password(const model::Schema& schema, const std::vector<model::Attribute>& attributes) {
  return std::any_of(attributes.begin(), attributes.end(), [&](const model::Attribute& attribute) {
    return is_password(schema, attribute.description) && any_clear(attribute.values);
  });
}

bool has_clear_password(const model::Schema& schema, const std::vector<model::Modification>& changes) {
  return std::any_of(changes.begin(), changes.end(), [&](const model::Modification& change) {
    return is_password(schema, change.description) && any_clear(change.values);
  });
}

void hash_passwords(const model::Schema& schema, const PasswordMaking& making,
                    std::vector<model::Attribute>& attributes) {
  std::vector<std::string> uids;
  for (const auto& attribute : attributes) {
    if (attribute_key(schema, attribute.description) == "uid") uids = attribute.values;
  }
  std::vector<std::string> verifiers;
  for (auto& attribute : attributes) {
    if (!is_password(schema, attribute.description)) continue;
    attribute.values = hash_values(making, uids, attribute.values, verifiers);
  }
  if (verifiers.empty() || !knows_verifiers(schema)) return;
  for (auto& attribute : attributes) {
    if (attribute_key(schema, attribute.description) != "authpassword") continue;
    attribute.values.insert(attribute.values.end(), verifiers.begin(), verifiers.end());
    return;
  }
  attributes.push_back({.description = std::string(verifier_type), .values = std::move(verifiers)});
}

std::vector<OwnedModification> hash_passwords(const schema::Schema& schema, const PasswordMaking& making,
                                              const std::vector<model::Modification>& changes,
                                              const store::StoredEntry& entry) {
  std::vector<OwnedModification> out;
  PasswordUpdate update(schema, making, entry);
  for (const auto& change : changes) {
    if (is_password(schema.model(), change.description)) {
      update.apply(change, out);
    } else {
      out.push_back({.change = change});
    }
  }
  return out;
}

std::vector<OwnedModification> without_passwords(const std::vector<model::Modification>& changes) {
  std::vector<OwnedModification> out;
  for (const auto& change : changes) out.push_back({.change = change});
  return out;
}

const std::string* fitting_password(const model::Schema& schema, const store::StoredEntry& entry,
                                    const Secret& password) {
  const auto* attribute = find_attribute(entry, schema, password_key);
  if (attribute == nullptr) return nullptr;
  for (const auto& value : attribute->values) {
    if (auth::password_fits(password, value.bytes)) return &value.bytes;
  }
  return nullptr;
}

}  // namespace replkit::refserver::directory
