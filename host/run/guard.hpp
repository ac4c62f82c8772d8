// SPDX-License-Identifier: Apache-2.0
// Calls into plugin code. The ABI forbids exceptions; a plugin that throws all the same fails its call, not the agent.
#pragma once

#include <exception>
#include <string>

#include <sonde/abi/component.h>
#include <sonde/result.hpp>
#include <sonde/text.hpp>

namespace sonde::run {

// Runs `call(sonde_error*)`, which returns a sonde_rc; failures become errors that name the operation.
template <class Call>
[[nodiscard]] result<void> guarded(std::string_view operation, Call&& call) {
    sonde_error failure = blank_error();
    try {
        const sonde_rc rc = call(&failure);
        if (rc == SONDE_OK) {
            return {};
        }
        failure.text[sizeof failure.text - 1] = failure.key[sizeof failure.key - 1] = '\0';
        return fail(load(rc, failure), operation);
    } catch (const std::exception& e) {
        return fail(errc::internal, std::string(operation) + " threw an exception across the ABI: " + e.what());
    } catch (...) {
        return fail(errc::internal, std::string(operation) + " threw an unknown exception across the ABI");
    }
}

}  // namespace sonde::run
