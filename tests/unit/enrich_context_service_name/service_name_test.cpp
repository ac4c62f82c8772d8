// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/service_name/service_name.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace sonde::enrich_context::service_name {
namespace {

struct row {
    std::vector<std::string_view> arguments;
    std::string_view wanted;
};

void expect(const std::vector<row>& rows) {
    for (const row& each : rows) {
        std::string line;
        for (const std::string_view word : each.arguments) {
            line += std::string(word) + ' ';
        }
        EXPECT_EQ(conclude(each.arguments), each.wanted) << line;
    }
}

TEST(ServiceName, is_the_executable_for_want_of_better) {
    expect({{{}, ""},
            {{""}, ""},
            {{"/usr/sbin/nginx", "-g", "daemon off;"}, "nginx"},
            {{"nginx: master process /usr/sbin/nginx"}, "nginx"},
            {{"-bash"}, "bash"},
            {{"(sd-pam)"}, "sd-pam"},
            {{"\"C:/app/tool.exe\"", "x"}, "tool"},
            {{"./run.sh"}, "run"},
            {{"/opt/app server --port 80"}, "app"}});
}

TEST(ServiceName, is_what_the_environment_before_the_command_says) {
    expect({{{"DD_SERVICE=shop", "java", "-jar", "x.jar"}, "shop"},
            {{"DD_TAGS=env:prod,service:cart", "python", "x.py"}, "cart"},
            {{"DD_TAGS=env:prod,service:cart x"}, "cart"},
            {{"A=b", "C=d", "/bin/tool"}, "tool"},
            {{"DD_SERVICE=", "tool"}, "tool"}});
}

TEST(ServiceName, knows_python) {
    expect({{{"python", "-m", "gunicorn"}, "gunicorn"},
            {{"python3", "-m", "http.server", "80"}, "http.server"},
            {{"/usr/bin/python3.11", "-u", "/srv/billing.py", "--x"}, "billing"},
            {{"python2.7", "-W", "ignore", "app.py"}, "app"},
            {{"python3", "-c", "print(1)"}, "python"},
            {{"python3"}, "python"},
            {{"pythonista", "x.py"}, "pythonista"}});
}

TEST(ServiceName, knows_ruby_and_sudo) {
    expect({{{"ruby", "/srv/sidekiq.rb"}, "sidekiq"},
            {{"ruby2.3", "-I", "lib", "-r", "json", "bin/puma"}, "puma"},
            {{"ruby", "-e", "puts 1"}, "ruby"},
            {{"sudo", "-u", "www", "/usr/sbin/nginx"}, "nginx"},
            {{"sudo", "-E", "java", "-jar", "shop.jar"}, "shop"},
            {{"sudo", "--", "DD_SERVICE=x", "tool"}, "x"},
            {{"sudo", "sudo", "-n", "python3", "app.py"}, "app"},
            {{"sudo", "-l"}, "sudo"}});
}

TEST(ServiceName, knows_java) {
    expect({{{"java", "-Xmx1g", "-jar", "/opt/shop-1.4.2.jar"}, "shop"},
            {{"java", "-jar", "shop-api-1.0.0-SNAPSHOT.jar", "--x"}, "shop-api"},
            {{"java", "-jar", "shop-api.jar"}, "shop-api"},
            {{"java", "-cp", "a.jar:b.jar", "com.example.Main"}, "Main"},
            {{"java", "-cp", "x", "org.apache.kafka.Kafka"}, "kafka"},
            {{"java", "-Ddd.service=orders", "-jar", "x.jar"}, "orders"},
            {{"java", "-javaagent:/a.jar", "-Dx=y", "com.example.App", "z"}, "App"},
            {{"java", "-m", "mod/com.example.Run"}, "Run"},
            {{"java", "-version"}, "java"},
            {{"java", "-jar"}, "java"}});
}

TEST(ServiceName, knows_node_and_dotnet) {
    expect({{{"node", "--require", "dd-trace/init", "/srv/shop.js"}, "shop"},
            {{"node", "--max-old-space-size=4096", "server.mjs"}, "server"},
            {{"node", "-e", "1"}, "node"},
            {{"node"}, "node"},
            {{"dotnet", "Shop.Api.dll", "--urls", "x"}, "Shop.Api"},
            {{"dotnet", "run"}, "dotnet"}});
}

}  // namespace
}  // namespace sonde::enrich_context::service_name
