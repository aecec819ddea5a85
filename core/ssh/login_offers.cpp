#include "core/ssh/login_offers.hpp"

#include <algorithm>

namespace mre::ssh {

Result<LoginOffers> ask_for_login_offers(LoginSession &session, const std::string &user) {
  LoginOffers offers;
  const char *list = nullptr;
  MRE_TRY(offers.failure, session.drive([&]() -> long {
    list =
        libssh2_userauth_list(session.get(), user.c_str(), static_cast<unsigned int>(user.size()));
    const bool is_answered = list != nullptr || libssh2_userauth_authenticated(session.get()) != 0;
    return is_answered ? 0 : libssh2_session_last_errno(session.get());
  }));
  if (list == nullptr) {
    offers.is_in = offers.failure == 0;
    return offers;
  }
  offers.text = list;
  std::size_t begin = 0;
  while (begin <= offers.text.size()) {
    const auto end = std::min(offers.text.find(',', begin), offers.text.size());
    offers.methods.insert(offers.text.substr(begin, end - begin));
    begin = end + 1;
  }
  return offers;
}

} // namespace mre::ssh
