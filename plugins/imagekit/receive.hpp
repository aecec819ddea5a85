// Receiving an upload: from the relay to the far side, checked on the way.
//
// Promise: the target is written whole and right, or not at all. Threads: one call.
#pragma once

#include "desk.hpp"
#include "place.hpp"

namespace imagekit {

// An upload that no further try can mend: what the client stored is not what was agreed.
class WrongObject : public mre::Error {
public:
  using mre::Error::Error;
};

struct Receiving {
  Relay &relay;
  Place &place;
  Claim &claim;
  const mre::Call &call;
  const Patience &patience;
};

// Finds exactly the object that was issued and looks whether it is what was agreed. Throws
// not_found while there is none.
StoredObject find_upload(const Receiving &work);
PlaceWritten receive(const Receiving &work, const StoredObject &object);

} // namespace imagekit
