// SPDX-License-Identifier: Apache-2.0
// Stands for the host in `self plugin probe FILE`.
#include <string_view>

#include "loader/loader.hpp"

int main(int count, char** arguments) {
    if (count != 4 || std::string_view(arguments[1]) != "plugin" || std::string_view(arguments[2]) != "probe") {
        return 64;
    }
    return sonde::loader::run_probe(arguments[3]);
}
