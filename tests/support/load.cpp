#include "tests/support/load.hpp"

#include <fmt/format.h>
#include <ldap.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <stdexcept>

#include "tests/support/client.hpp"

namespace replkit::support {

namespace {

// One thread's entries and what it does to them.
class Writer {
 public:
  Writer(const LoadOptions& options, unsigned thread)
      : base_(options.base),
        prefix_(fmt::format("{}{}", options.name, thread)),
        random_(options.seed * 1000 + thread) {}

  // Makes one change. Returns the result code.
  int change(Client& client) {
    const std::size_t kind = mine_.size() < 20 ? 0 : random_() % 100;
    if (kind < 30) return add(client);
    const std::size_t which = random_() % mine_.size();
    if (kind < 70) return checked(which, modify(client, mine_[which]));
    if (kind < 80) return rename(client, which);
    const int code = client.remove(dn(mine_[which]));
    forget(which);
    return code;
  }

 private:
  std::string dn(const std::string& name) const { return fmt::format("cn={},{}", name, base_); }

  int add(Client& client) {
    std::string name = fmt::format("{}-{}", prefix_, ++made_);
    const int code = client.add(dn(name), {{"objectClass", {"person"}},
                                           {"sn", {"load"}},
                                           {"description", {fmt::format("made {}", made_)}},
                                           {"telephoneNumber", {fmt::format("+1 {}", random_() % 1000000)}}});
    if (code == LDAP_SUCCESS) mine_.push_back(std::move(name));
    return code;
  }

  int modify(Client& client, const std::string& name) {
    const std::string value = fmt::format("changed {}", random_());
    return client.modify(dn(name),
                         {{Change::replace, random_() % 2 == 0 ? "description" : "telephoneNumber", {value}}});
  }

  int rename(Client& client, std::size_t which) {
    std::string name = fmt::format("{}-{}", prefix_, ++made_);
    const int code = client.rename(dn(mine_[which]), "cn=" + name);
    if (code == LDAP_SUCCESS) mine_[which] = std::move(name);
    return checked(which, code);
  }

  // An entry with which something went wrong is left alone: a killed server may or may not have made the change.
  int checked(std::size_t which, int code) {
    if (code != LDAP_SUCCESS) forget(which);
    return code;
  }

  void forget(std::size_t which) {
    std::swap(mine_[which], mine_.back());
    mine_.pop_back();
  }

  std::string base_, prefix_;
  std::mt19937_64 random_;
  std::vector<std::string> mine_;
  std::uint64_t made_ = 0;
};

}  // namespace

Load::Load(LoadOptions options) : options_(std::move(options)) {
  for (unsigned i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this, i](std::stop_token stop) { write(stop, i); });
  }
}

void Load::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

void Load::write(std::stop_token stop, unsigned thread) {
  using Clock = std::chrono::steady_clock;
  Writer writer(options_, thread);
  const std::chrono::duration<double> pause(options_.threads / options_.rate);
  while (!stop.stop_requested()) {
    try {
      Client client(options_.uri, options_.bind_dn, options_.password, std::chrono::seconds(10));
      auto next = Clock::now();
      int code = LDAP_SUCCESS;
      // Negative codes are libldap's own: the connection is of no more use.
      while (code >= 0 && !stop.stop_requested()) {
        code = writer.change(client);
        ++(code == LDAP_SUCCESS ? acknowledged_ : failed_);
        // Behind the rate it goes on at once, but does not save up more than a second of haste.
        next =
            std::max(next + std::chrono::duration_cast<Clock::duration>(pause), Clock::now() - std::chrono::seconds(1));
        std::this_thread::sleep_until(next);
      }
    } catch (const std::runtime_error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
}

}  // namespace replkit::support
