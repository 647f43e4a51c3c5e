<?php
$db = new mysqli('db', 'wiki', getenv('WIKI_PASSWORD'), 'wiki');
$db->query('insert into visits () values ()');
echo 'visits: ', $db->query('select count(*) from visits')->fetch_row()[0];
