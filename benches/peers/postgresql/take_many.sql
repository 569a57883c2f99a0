SELECT take_many($1, $2)
