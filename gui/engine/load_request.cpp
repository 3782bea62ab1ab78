// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/engine/load_request.h"

strata::LoadRequest loadRequest(const LoadCommand& command) {
    strata::LoadRequest request;
    request.path = command.path.toStdString();
    request.contextTokens = command.contextTokens;
    request.cacheType = command.cacheType;
    request.vramCap = command.vramCap;
    request.ramCap = command.ramCap;
    request.places = command.places;
    request.profile = command.profile;
    return request;
}
