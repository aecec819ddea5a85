// See consent.hpp.
#include "consent.hpp"

namespace proxmox {

void need_consent(const mre::json &arguments, const mre::Call &call, const std::string &what) {
  if (const auto found = arguments.find("confirm"); found != arguments.end()) {
    if (found->get<bool>()) {
      return;
    }
    throw mre::Error(MRE_DENIED, "not confirmed: " + what, "nothing was done");
  }
  // Another thing to agree to is another question, also within one call.
  bool agreed = false;
  try {
    agreed = call.confirm("confirm: " + what, "Really " + what + "?");
  } catch (const mre::Error &error) {
    if (error.status() != MRE_DENIED && error.status() != MRE_UNSUPPORTED) {
      throw;
    }
    throw mre::Error(MRE_DENIED,
                     "consent is needed to " + what + "; nobody was asked: " + error.what(),
                     "call again with confirm=true once the person agreed");
  }
  if (!agreed) {
    throw mre::Error(MRE_DENIED, "the person did not agree to " + what, "nothing was done");
  }
}

} // namespace proxmox
