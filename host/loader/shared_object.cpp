// SPDX-License-Identifier: Apache-2.0
#define BOOST_DLL_USE_STD_FS

#include "loader/shared_object.hpp"

#include <vector>  // Boost.DLL with std::filesystem uses it without including it

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>

namespace sonde::loader {

result<const sonde_entry*> map_entry(const std::filesystem::path& file) {
    namespace load_mode = boost::dll::load_mode;
    // Never unmapped: the destructor of `library` closes the handle, and NODELETE keeps the code.
    const auto mode = static_cast<load_mode::type>(load_mode::rtld_now | load_mode::rtld_local | RTLD_NODELETE);
    try {
        // The overloads that throw keep the dynamic linker's text; those with an error code lose it.
        const boost::dll::shared_library library(file, mode);
        return &library.get<const sonde_entry>(SONDE_ENTRY_SYMBOL);
    } catch (const std::exception& e) {
        return fail(errc::failed, e.what());
    } catch (...) {
        return fail(errc::failed, "a constructor in it threw an exception");
    }
}

}  // namespace sonde::loader
