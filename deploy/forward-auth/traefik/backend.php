<?php
// An API without any code for authentication: it greets the caller that the proxy names.
// php -S 127.0.0.1:9000 backend.php

$caller = ($_SERVER['HTTP_X_AUTH_SUBJECT'] ?? '') ?: 'anonymous';
header('Content-Type: text/plain');
echo "Hello $caller, this is {$_SERVER['REQUEST_URI']}\n";
