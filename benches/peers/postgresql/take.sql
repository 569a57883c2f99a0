SELECT take($1, $2)
