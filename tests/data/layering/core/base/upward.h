// A forbidden arrow on purpose: base may include nobody, and no Qt. And a name that Qt's headers take away.
#include "core/engine/engine.h"
#include <QString>
void emit(int count);
