run ->(env) { sleep 1000 if env["PATH_INFO"] == "/slow"; [200, {}, ["ok\n"]] }
